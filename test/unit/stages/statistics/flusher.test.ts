import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Sql } from '../../../../src/ports/sql.ts'
import { tallyKeys } from '../../../../src/ports/tallies.ts'
import { counterName, TALLY } from '../../../../src/stages/statistics/counters.ts'
import { FlushLease } from '../../../../src/stages/statistics/flush-lease.ts'
import { Flusher } from '../../../../src/stages/statistics/flusher.ts'
import { StatisticsReader } from '../../../../src/stages/statistics/statistics-reader.ts'
import { openStageLab, type StageLab } from '../stage-lab.ts'

let lab: StageLab
let sql: Sql
const lines: string[] = []
// PostgreSQL takes seconds to start.
beforeAll(async () => {
  lab = await openStageLab()
  sql = await lab.stack.openSql()
})
afterAll(() => lab.close())
beforeEach(async () => {
  await lab.stack.keyValue.clearTally(TALLY)
  await sql.script(
    "TRUNCATE event_statistics_by_minute, statistics_flush, statistics_progress; INSERT INTO statistics_progress VALUES ('t:0', 0)",
  )
  lines.length = 0
})

const MINUTE = 29_000_000
const VIEWS = counterName({ kind: 'all', minute: MINUTE, type: 'VIEW', id: '' })

/** Counts views in a stretch of offsets, as the stage does. */
async function count(expected: number | null, from: number, to: number): Promise<void> {
  const section = { source: 't:0', expected, from, to, moment: new Map<string, number>() }
  const [result] = await lab.stack.keyValue.addToTally(
    TALLY,
    [{ ...section, counts: new Map([[VIEWS, to - from]]) }],
    { ttlMs: 60_000, moment: { name: 'second:1', ttlMs: 60_000 } },
  )
  expect(result!.added).toBe(true)
}

async function views(): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    'SELECT coalesce(sum(events), 0)::bigint AS n FROM event_statistics_by_minute',
  )
  return row!.n
}

function flusher(own: Sql = sql): Flusher {
  const { keyValue } = lab.stack
  return new Flusher({ keyValue, sql: own, periodMs: 3_600_000, say: (line) => lines.push(line) })
}

test('flushes what was counted, once, and says as of when', async () => {
  const beganMs = Date.now()
  await count(null, 0, 5)
  const own = flusher()
  await own.turn()
  await own.turn()
  expect(await views()).toBe(5)
  await count(5, 5, 8)
  await own.turn()
  expect(await views()).toBe(8)
  const { asOf } = await new StatisticsReader(sql).top({ by: 'views', of: 'post', limit: 1 })
  expect(Date.parse(asOf!)).toBeGreaterThanOrEqual(beganMs)
  await own.finish()
})

test('a snapshot that a crash has left is flushed first, and one that is written already only removed', async () => {
  const { keyValue } = lab.stack
  await count(null, 0, 5)
  await keyValue.snapshotTally(TALLY, '1-left')
  await count(5, 5, 6)
  const own = flusher()
  await own.finish()
  expect(await views()).toBe(6)
  // Written, and not removed before the crash.
  await count(6, 6, 9)
  const id = '2-left'
  await keyValue.snapshotTally(TALLY, id)
  await sql.query('INSERT INTO statistics_flush (flush_id, fencing_token, events) VALUES ($1, 0, 3)', [id])
  await sql.query("UPDATE statistics_progress SET next_offset = 9 WHERE source = 't:0'")
  await flusher().finish()
  expect(await views()).toBe(6)
  expect(await keyValue.readTally(TALLY, id)).toBeNull()
})

test('one at a time: the others wait for the lock, and have it when it is released', async () => {
  const { keyValue } = lab.stack
  const [first, second] = [1, 2].map(() => new FlushLease({ keyValue, sql, ttlMs: 60_000 }))
  const token = await first!.hold()
  expect(token).toBeGreaterThan(0)
  expect(await second!.hold()).toBeNull()
  expect(await first!.hold()).toBe(token)
  await first!.release()
  await expect.poll(() => second!.hold(), { timeout: 20_000 }).toBeGreaterThan(token!)
  await second!.release()
})

test('one that was paused while it had the lock writes nothing when it wakes', async () => {
  const paused = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const slow: Sql = {
    ...bound(sql),
    transaction: async (work) => {
      reached.resolve()
      await paused.promise
      return sql.transaction(work)
    },
  }
  await count(null, 0, 5)
  const sleeper = flusher(slow)
  const turn = sleeper.turn()
  await reached.promise
  // Its lock has run out, and somebody else has the turn.
  await lab.stack.keyValue.deleteMany([tallyKeys(TALLY).moment('flusher')])
  await flusher().finish()
  await count(5, 5, 6)
  paused.resolve()
  await turn
  expect(await views()).toBe(5)
  await flusher().finish()
  expect(await views()).toBe(6)
  expect(lines).toEqual([])
})

test('counts that do not continue what PostgreSQL has are refused and removed', async () => {
  await count(null, 3, 5)
  expect(await flusher().finish()).toBe(false)
  expect(await views()).toBe(0)
  expect(lines).toEqual([expect.stringContaining('counted again from the log')])
  // From the beginning they are taken.
  await count(null, 0, 5)
  expect(await flusher().finish()).toBe(true)
  expect(await views()).toBe(5)
})

function bound(target: Sql): Sql {
  return {
    capabilities: target.capabilities,
    query: (text, values, signal) => target.query(text, values, signal),
    insert: (batch, signal) => target.insert(batch, signal),
    script: (text) => target.script(text),
    transaction: (work, signal) => target.transaction(work, signal),
    close: () => target.close(),
  }
}
