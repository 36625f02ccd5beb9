import { afterEach, beforeEach, expect, test } from 'vitest'
import { USER_CUSTOM } from '../../../../src/domain/topics.ts'
import { openStatisticsStage, STATISTICS_GROUP } from '../../../../src/stages/statistics/statistics-stage.ts'
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
    'SELECT subject_id, event_type, sum(events)::int AS events FROM event_statistics WHERE subject_kind = $1 GROUP BY 1, 2 ORDER BY 1, 2',
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
