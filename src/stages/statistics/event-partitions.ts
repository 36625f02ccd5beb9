import {
  DAY_MS,
  dateOf,
  dayOf,
  type PartitionPlan,
  partitionDay,
  partitionName,
  planPartitions,
} from '../../domain/event-partitions.ts'
import type { Sql, SqlSession } from '../../ports/sql.ts'

/** Who changes partitions, others wait for. */
const LOCK = 'rep event partitions'
/** A day from the default partition, to be given its own. */
const MOST_DAYS_WAITING = 1000
const MOST_DAYS_DONE = 10_000

/** The partitions of the table `events`, by day of event time: made before events need them, dropped by retention. */
export class EventPartitions {
  readonly #sql: Sql
  readonly #retentionDays: number
  readonly #now: () => number
  #existing: Set<number>
  /** The newest day of an event, as far as it was not from the future. */
  #newest: number | null
  /** Days that need nothing any more, those of the default partition too. */
  readonly #done = new Set<number>()

  private constructor(
    sql: Sql,
    options: PartitionOptions,
    { existing, newest }: { existing: Set<number>; newest: number | null },
  ) {
    this.#sql = sql
    this.#retentionDays = options.retentionDays
    this.#now = options.now ?? Date.now
    this.#existing = existing
    this.#newest = newest
  }

  /** Looks at what there is, and gives days that wait in the default partition their own. */
  static async open(sql: Sql, options: PartitionOptions): Promise<EventPartitions> {
    const existing = await existingDays(sql)
    const partitions = new EventPartitions(sql, options, { existing, newest: await newestDay(sql, existing) })
    await partitions.ensure(await waitingDays(sql))
    return partitions
  }

  /** Makes what events of these days need, and drops what is past its retention; nothing where all was done before. */
  async ensure(days: Iterable<number>): Promise<void> {
    const fresh = [...new Set(days)].filter((day) => !this.#done.has(day))
    if (fresh.length === 0) return
    const today = dayOf(this.#now())
    const seen = this.#newest === null ? fresh : [...fresh, this.#newest]
    const plan = planPartitions({ existing: this.#existing, seen, today, retentionDays: this.#retentionDays })
    if (plan.create.length > 0) this.#existing = await create(this.#sql, plan.create)
    if (plan.drop.length > 0) {
      await drop(this.#sql, plan)
      for (const day of plan.drop) this.#existing.delete(day)
    }
    const newest = Math.max(...seen.filter((day) => day <= today + 1))
    if (Number.isFinite(newest)) this.#newest = newest
    // Clocks that are wrong name days without end.
    if (this.#done.size > MOST_DAYS_DONE) this.#done.clear()
    // A day of the future waits in the default partition, and gets its own when it comes.
    for (const day of fresh) if (day <= today + 1) this.#done.add(day)
  }
}

export interface PartitionOptions {
  /** Days of event time for which events are kept, counted back from the newest. */
  readonly retentionDays: number
  /** Default: this host's clock. */
  readonly now?: () => number
}

async function existingDays(session: SqlSession): Promise<Set<number>> {
  const rows = await session.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'events'::regclass`,
  )
  return new Set(rows.flatMap(({ name }) => partitionDay(name) ?? []))
}

/** The newest partition that holds an event: those made ahead are empty. */
async function newestDay(sql: Sql, existing: ReadonlySet<number>): Promise<number | null> {
  for (const day of [...existing].sort((a, b) => b - a)) {
    const rows = await sql.query(`SELECT 1 FROM ${partitionName(day)} LIMIT 1`)
    if (rows.length > 0) return day
  }
  return null
}

async function waitingDays(sql: Sql): Promise<number[]> {
  const rows = await sql.query<{ ms: number }>(
    `SELECT DISTINCT floor(extract(epoch FROM occurred_at) / 86400)::bigint * ${DAY_MS} AS ms
     FROM events_default ORDER BY ms DESC LIMIT ${MOST_DAYS_WAITING}`,
  )
  return rows.map(({ ms }) => dayOf(ms))
}

/** Makes partitions, each with what of it was in the default one; returns the days that have one then. */
async function create(sql: Sql, days: readonly number[]): Promise<Set<number>> {
  return sql.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [LOCK])
    const existing = await existingDays(session)
    // Nothing may come into it between the move and the check that ATTACH makes.
    await session.script('LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE')
    for (const day of days) {
      if (existing.has(day)) continue
      await session.script(creation(day))
      existing.add(day)
    }
    return existing
  })
}

function creation(day: number): string {
  const name = partitionName(day)
  const [from, to] = [`${dateOf(day)} 00:00:00+00`, `${dateOf(day + 1)} 00:00:00+00`]
  return `
    CREATE TABLE ${name} (LIKE events INCLUDING ALL);
    WITH moved AS (
      DELETE FROM events_default WHERE occurred_at >= '${from}' AND occurred_at < '${to}' RETURNING *
    ) INSERT INTO ${name} SELECT * FROM moved;
    ALTER TABLE events ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`
}

/** Apart from creation: the other order of locks would be a deadlock with who inserts. */
async function drop(sql: Sql, { drop: days, firstKept }: PartitionPlan): Promise<void> {
  await sql.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [LOCK])
    for (const day of days) await session.script(`DROP TABLE IF EXISTS ${partitionName(day)}`)
  })
  await sql.query('DELETE FROM events_default WHERE occurred_at < $1', [new Date(firstKept * DAY_MS)])
}
