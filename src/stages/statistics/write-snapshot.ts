import type { Sql, SqlSession } from '../../ports/sql.ts'
import type { TallySnapshot } from '../../ports/tallies.ts'
import { type Counter, parseCounter } from './counters.ts'
import { readProgress } from './progress.ts'

/** A snapshot of the counters on its way to PostgreSQL. */
export interface Flush {
  readonly id: string
  /** Whoever flushes, by the last time that the lock changed hands. */
  readonly token: number
  /** When it was taken, milliseconds since the epoch. */
  readonly takenMs: number
  readonly snapshot: TallySnapshot
}

/**
 * What became of a flush: `written`; `known`, that is written before; `stale`: it does not continue what is written,
 * so that it must not be added; `fenced`: somebody else flushes now.
 */
export type FlushOutcome = 'written' | 'known' | 'stale' | 'fenced'

/** Rows of one statement. */
const SLICE = 5000
const MINUTE_MS = 60_000

interface Totals {
  views: number
  likes: number
  clicks: number
}

/** What a type adds to the totals of a post or product. */
const TOTALS: Readonly<Record<string, Partial<Totals>>> = {
  VIEW: { views: 1 },
  CLICK: { clicks: 1 },
  LIKE: { likes: 1 },
  UNLIKE: { likes: -1 },
}

/** Adds a snapshot to the tables, all or nothing, and once: the offsets that it begins at must be those reached. */
export function writeSnapshot(sql: Sql, flush: Flush): Promise<FlushOutcome> {
  return sql.transaction(async (session) => {
    const refusal = await refusalOf(session, flush)
    if (refusal !== null) return refusal
    const counters = [...flush.snapshot.counts].map(([name, events]) => [parseCounter(name), events] as const)
    await addSubjects(session, counters)
    await addAll(session, counters, { table: 'event_statistics_by_minute', unit: 'minute', minutes: 1 })
    await addAll(session, counters, { table: 'event_statistics_by_hour', unit: 'hour', minutes: 60 })
    await addTotals(session, 'post', counters)
    await addTotals(session, 'product', counters)
    await addSearches(session, counters)
    await note(session, flush, counters)
    return 'written'
  })
}

/** Null where it may be written; nobody else writes until the transaction ends. */
async function refusalOf(
  session: SqlSession,
  { id, token, snapshot }: Flush,
): Promise<Exclude<FlushOutcome, 'written'> | null> {
  const [state] = await session.query<{ fencing_token: number }>(
    'SELECT fencing_token FROM statistics_state FOR UPDATE',
  )
  if (state?.fencing_token !== token) return 'fenced'
  const known = await session.query('SELECT 1 FROM statistics_flush WHERE flush_id = $1', [id])
  if (known.length > 0) return 'known'
  const reached = await readProgress(session, [...snapshot.stretches.keys()])
  for (const [source, { from }] of snapshot.stretches) if (reached.get(source) !== from) return 'stale'
  return null
}

type Counted = readonly (readonly [Counter, number])[]

async function addSubjects(session: SqlSession, counters: Counted): Promise<void> {
  await insertAll(session, {
    table: 'event_statistics',
    columns: {
      minute: 'timestamptz',
      event_type: 'text',
      subject_kind: 'text',
      subject_id: 'text',
      events: 'bigint',
    },
    rows: counters
      .filter(([{ kind }]) => kind !== 'all')
      .map(([{ kind, minute, type, id }, events]) => [timeOf(minute), type, kind, id, events]),
    onConflict:
      '(subject_kind, subject_id, minute, event_type) DO UPDATE SET events = event_statistics.events + EXCLUDED.events',
  })
}

/** A table of all events by type and time. */
interface AllTable {
  readonly table: string
  /** Its column of time, and how long one is. */
  readonly unit: string
  readonly minutes: number
}

async function addAll(
  session: SqlSession,
  counters: Counted,
  { table, unit, minutes }: AllTable,
): Promise<void> {
  const sums = new Map<string, { readonly from: number; readonly type: string; events: number }>()
  for (const [{ kind, minute, type }, events] of counters) {
    if (kind !== 'all') continue
    const from = Math.floor(minute / minutes) * minutes
    const known = sums.get(`${from} ${type}`)
    if (known === undefined) sums.set(`${from} ${type}`, { from, type, events })
    else known.events += events
  }
  await insertAll(session, {
    table,
    columns: { [unit]: 'timestamptz', event_type: 'text', events: 'bigint' },
    rows: [...sums.values()].map(({ from, type, events }) => [timeOf(from), type, events]),
    onConflict: `(${unit}, event_type) DO UPDATE SET events = ${table}.events + EXCLUDED.events`,
  })
}

async function addTotals(session: SqlSession, subject: 'post' | 'product', counters: Counted): Promise<void> {
  const totals = new Map<string, Totals>()
  for (const [{ kind, type, id }, events] of counters) {
    const share = TOTALS[type]
    if (kind !== subject || share === undefined) continue
    const sum = totals.get(id) ?? { views: 0, likes: 0, clicks: 0 }
    totals.set(id, sum)
    sum.views += events * (share.views ?? 0)
    sum.likes += events * (share.likes ?? 0)
    sum.clicks += events * (share.clicks ?? 0)
  }
  const table = `${subject}_statistics`
  const id = `${subject}_id`
  const sums = ['views', 'likes', 'clicks'].map((name) => `${name} = ${table}.${name} + EXCLUDED.${name}`)
  await insertAll(session, {
    table,
    columns: { [id]: 'text', views: 'bigint', likes: 'bigint', clicks: 'bigint' },
    rows: [...totals].map(([key, { views, likes, clicks }]) => [key, views, likes, clicks]),
    onConflict: `(${id}) DO UPDATE SET ${sums.join(', ')}`,
  })
}

async function addSearches(session: SqlSession, counters: Counted): Promise<void> {
  const searches = new Map<string, number>()
  for (const [{ kind, id }, events] of counters)
    if (kind === 'query') searches.set(id, (searches.get(id) ?? 0) + events)
  await insertAll(session, {
    table: 'search_statistics',
    columns: { query: 'text', searches: 'bigint' },
    rows: [...searches],
    onConflict: '(query) DO UPDATE SET searches = search_statistics.searches + EXCLUDED.searches',
  })
}

/** Writes down how far it counts, and that it is done. */
async function note(
  session: SqlSession,
  { id, token, takenMs, snapshot }: Flush,
  counters: Counted,
): Promise<void> {
  await session.insert({
    table: 'statistics_progress',
    columns: { source: 'text', next_offset: 'bigint' },
    rows: [...snapshot.stretches].map(([source, { to }]) => [source, to]),
    onConflict: '(source) DO UPDATE SET next_offset = EXCLUDED.next_offset',
  })
  const events = counters.reduce((sum, [{ kind }, count]) => sum + (kind === 'all' ? count : 0), 0)
  await session.query('INSERT INTO statistics_flush (flush_id, fencing_token, events) VALUES ($1, $2, $3)', [
    id,
    token,
    events,
  ])
  await session.query("DELETE FROM statistics_flush WHERE flushed_at < now() - interval '7 days'")
  await noteTime(session, { token, takenMs })
}

/** Writes down that all which was counted by a moment is in the tables, unless somebody else flushes now. */
export async function noteTime(
  session: SqlSession,
  { token, takenMs }: Pick<Flush, 'token' | 'takenMs'>,
): Promise<void> {
  await session.query(
    'UPDATE statistics_state SET as_of = greatest(as_of, $1::timestamptz) WHERE fencing_token = $2',
    [new Date(takenMs).toISOString(), token],
  )
}

async function insertAll(session: SqlSession, batch: Parameters<SqlSession['insert']>[0]): Promise<void> {
  for (let start = 0; start < batch.rows.length; start += SLICE)
    await session.insert({ ...batch, rows: batch.rows.slice(start, start + SLICE) })
}

function timeOf(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString()
}
