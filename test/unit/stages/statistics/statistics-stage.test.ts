import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { USER_CUSTOM } from '../../../../src/domain/topics.ts'
import { openRedisKeyValue } from '../../../../src/drivers/key-value/redis.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { Sql } from '../../../../src/ports/sql.ts'
import { tallyKeys } from '../../../../src/ports/tallies.ts'
import { runStage } from '../../../../src/stages/run-stage.ts'
import { TALLY } from '../../../../src/stages/statistics/counters.ts'
import { Flusher } from '../../../../src/stages/statistics/flusher.ts'
import { openStatisticsStage, STATISTICS_GROUP } from '../../../../src/stages/statistics/statistics-stage.ts'
import { PASSWORD, RedisServers, redisMissing } from '../../../fixtures/redis-servers.ts'
import {
  action,
  appendActions,
  handleAll,
  inFlight,
  openStageLab,
  pipelineSettings,
  type StageLab,
  traceId,
  uncommitted,
} from '../stage-lab.ts'

let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

const open = () => openStatisticsStage(lab.context, pipelineSettings())

async function minutes(kind: string) {
  const sql = await lab.stack.openSql()
  const rows = await sql.query<{ subject_id: string; event_type: string; events: number }>(
    `SELECT subject_id, event_type, sum(events)::int AS events FROM (
       SELECT subject_kind, subject_id, event_type, events FROM event_statistics
       UNION ALL SELECT 'all', '', event_type, events FROM event_statistics_by_minute
     ) AS counts WHERE subject_kind = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    [kind],
  )
  return rows.map(({ subject_id, event_type, events }) => [subject_id, event_type, events])
}

async function rows() {
  const sql = await lab.stack.openSql()
  return sql.query('SELECT * FROM events ORDER BY trace_id')
}

test('counts events by type, post, product and search, and stores each as a row', async () => {
  await appendActions(lab.stack, [
    action(1),
    action(2, { actionType: 'LIKE', productId: 'x1', properties: { post_id: 'x1' } }),
    action(3, { actionType: 'SEARCH', productId: null, query: ' red shoes ' }),
    action(4, { timestamp: 1_759_276_800_000 + 60_000 }),
    Uint8Array.of(1, 2, 3),
  ])
  const custom = {
    event_id: traceId(9),
    user_id: 'u1',
    event_type: 'Wave',
    timestamp: '2025-10-01T00:00:10.000Z',
    properties: { product_id: 7, note: 'nul \0' },
  }
  await lab.stack.log.append(USER_CUSTOM, [
    { key: Buffer.from('u1'), value: Buffer.from(JSON.stringify(custom)), dueUs: 0 },
    { key: Buffer.from('u1'), value: Buffer.from('no json'), dueUs: 0 },
  ])
  const opened = await open()
  await handleAll(opened)
  await opened.stage.flush()
  await opened.consumer.close()
  expect(await minutes('all')).toEqual([
    ['', 'LIKE', 1],
    ['', 'SEARCH', 1],
    ['', 'VIEW', 2],
    ['', 'Wave', 1],
  ])
  expect(await minutes('post')).toEqual([['x1', 'LIKE', 1]])
  expect(await minutes('product')).toEqual([
    ['7', 'Wave', 1],
    ['p0', 'VIEW', 2],
  ])
  expect(await minutes('query')).toEqual([['red shoes', 'SEARCH', 1]])
  const stored = await rows()
  expect(stored).toHaveLength(5)
  expect(stored[0]).toMatchObject({
    trace_id: traceId(1),
    user_id: 'u1',
    session_id: 's1',
    event_type: 'VIEW',
    product_id: 'p0',
    category: 'shoes',
    price: 10,
    occurred_at: new Date(1_759_276_800_001),
    log_topic: 'user.action.v1',
  })
  expect(stored[4]).toMatchObject({ properties: { product_id: 7, note: 'nul \ufffd' } })
  expect(opened.stage.counters).toEqual({
    in: 7,
    out: 5,
    duplicates: 0,
    deadLettered: 0,
    rejected: 2,
    produced: 0,
  })
  expect(await uncommitted(lab.stack, STATISTICS_GROUP)).toBe(0)
})

test('an event that the log holds twice counts once', async () => {
  await appendActions(lab.stack, [action(1), action(2), action(1)])
  const first = await open()
  await handleAll(first)
  await first.consumer.close()
  expect(first.stage.counters).toMatchObject({ in: 3, out: 2, duplicates: 1 })
  // The same trace id again, and by now in no window.
  await appendActions(lab.stack, [action(1)])
  const second = await openStatisticsStage(lab.context, pipelineSettings({ behavior: { dedupeWindow: 0 } }))
  await handleAll(second)
  await second.stage.flush()
  await second.consumer.close()
  expect(second.stage.counters).toMatchObject({ in: 1, out: 0, duplicates: 1 })
  expect(await minutes('all')).toEqual([['', 'VIEW', 2]])
  expect(await rows()).toHaveLength(2)
  expect(inFlight(second.stage)).toBe(0)
})

test('while PostgreSQL is down nothing is polled and nothing lost; one line says so', async () => {
  const sql = await lab.stack.openSql()
  let down = false
  let attempts = 0
  const trouble = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!down) return work()
    attempts++
    throw new RepError('REP_STORE_UNAVAILABLE', 'PostgreSQL does not answer')
  }
  const failing: Sql = {
    capabilities: sql.capabilities,
    query: (text, values, signal) => trouble(() => sql.query(text, values, signal)),
    insert: (batch, signal) => trouble(() => sql.insert(batch, signal)),
    script: (text) => sql.script(text),
    transaction: (work, signal) => trouble(() => sql.transaction(work, signal)),
    close: () => sql.close(),
  }
  await appendActions(
    lab.stack,
    Array.from({ length: 50 }, (_, i) => action(i)),
  )
  const stack = { ...lab.stack, openSql: async () => failing }
  const { stage, consumer } = await openStatisticsStage({ ...lab.context, stack }, pipelineSettings())
  down = true
  const stop = new AbortController()
  const backoff = { baseMs: 1, maxMs: 2 }
  const { log } = lab.context
  const running = runStage(stage, consumer, { signal: stop.signal, log, pollMs: 5, backoff })
  await expect.poll(() => attempts, { timeout: 30_000 }).toBeGreaterThan(5)
  expect(stage.counters.out).toBe(0)
  down = false
  await expect.poll(() => stage.counters.out, { timeout: 30_000 }).toBe(50)
  stop.abort()
  await running
  expect(lab.lines.filter((line) => line.includes('statistics: waiting,'))).toHaveLength(1)
  expect(await minutes('all')).toEqual([['', 'VIEW', 50]])
  expect(await rows()).toHaveLength(50)
  expect(await uncommitted(lab.stack, STATISTICS_GROUP)).toBe(0)
})

test('a member that lost its partition adds nothing with what it still holds', async () => {
  await appendActions(lab.stack, [action(1), action(2), action(3)])
  const first = await open()
  const held = (await first.consumer.poll(1000)).map((record) => ({ ...record, value: record.value.slice() }))
  expect(held).toHaveLength(3)
  await first.consumer.close()
  const second = await open()
  await handleAll(second)
  await second.stage.flush()
  await second.consumer.close()
  await expect(first.stage.handle(held)).rejects.toMatchObject({ code: 'REP_LOG_FENCED' })
  expect(first.stage.counters).toMatchObject({ in: 3, out: 0, duplicates: 3 })
  await first.stage.flush()
  expect(await minutes('all')).toEqual([['', 'VIEW', 3]])
})

test('where PostgreSQL is emptied under a running stage all is counted again, and flushed', async () => {
  await appendActions(lab.stack, [action(1), action(2)])
  const { stage, consumer } = await open()
  await handleAll({ stage, consumer })
  await stage.flush()
  const sql = await lab.stack.openSql()
  await sql.script(
    `TRUNCATE events, event_statistics, event_statistics_by_minute, event_statistics_by_hour, post_statistics, product_statistics,
       search_statistics, statistics_progress, statistics_flush, statistics_state`,
  )
  await appendActions(lab.stack, [action(3)])
  await handleAll({ stage, consumer })
  await stage.flush()
  await consumer.close()
  expect(await minutes('all')).toEqual([['', 'VIEW', 3]])
  expect(await rows()).toHaveLength(3)
  const [state] = await sql.query('SELECT as_of FROM statistics_state')
  expect(state?.as_of).toBeInstanceOf(Date)
})

describe.skipIf(redisMissing)('on Redis (skipped where there is no redis-server)', () => {
  let servers: RedisServers
  beforeEach(async () => {
    servers = await RedisServers.open()
  })
  afterEach(() => servers.close())

  test('a Redis that comes back empty, or as it was, costs no count and doubles none', async () => {
    const { port } = await servers.server()
    const address = { url: `redis://127.0.0.1:${port}`, password: PASSWORD }
    const keyValue = await openRedisKeyValue(address)
    const context = { ...lab.context, stack: { ...lab.stack, keyValue } }
    const redis = new Redis(port, '127.0.0.1', { password: PASSWORD })
    const { live, marks } = tallyKeys(TALLY)
    const { stage, consumer } = await openStatisticsStage(context, pipelineSettings())
    const work = () => handleAll({ stage, consumer })
    await appendActions(lab.stack, [action(1), action(2)])
    await work()
    await redis.flushall()
    // Noticed with the next batch.
    await appendActions(lab.stack, [action(3)])
    await work()
    const copies = await Promise.all([live, marks].map((key) => redis.dumpBuffer(key)))
    const flusher = new Flusher({
      keyValue,
      sql: await lab.stack.openSql(),
      periodMs: 3_600_000,
      say: () => undefined,
    })
    await flusher.finish()
    expect(await minutes('all')).toEqual([['', 'VIEW', 3]])
    await appendActions(lab.stack, [action(4)])
    await work()
    // As it was before the flush: what was flushed is there again.
    await redis.flushall()
    for (const [i, key] of [live, marks].entries()) await redis.restore(key, 0, copies[i]!)
    await appendActions(lab.stack, [action(5)])
    await work()
    await redis.flushall()
    await stage.flush()
    await consumer.close()
    expect(await minutes('all')).toEqual([['', 'VIEW', 5]])
    expect(await rows()).toHaveLength(5)
    redis.disconnect()
    await keyValue.close()
  })
})
