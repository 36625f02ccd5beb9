import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventLog } from '../../../src/ports/event-log.ts'
import { DEAD_LETTERS, LedgerRun, TOPIC, traceIdOf } from '../../fixtures/ledger-run.ts'
import { openTestLog } from '../../fixtures/test-log.ts'

let log: EventLog
let closeLog: () => Promise<void>

beforeAll(async () => {
  ;({ log, close: closeLog } = await openTestLog())
  await log.ensureTopics([
    { name: TOPIC, partitions: 12 },
    { name: DEAD_LETTERS, partitions: 3 },
  ])
})

afterAll(() => closeLog())

test('a run in which all went well is clean', async () => {
  const run = await LedgerRun.begin(log, 3)
  for (let i = 0; i < 3; i++) {
    run.appends.sent(i, 0)
    run.appends.acknowledged(i)
    run.store(i, 'u')
    run.apply(i)
  }
  const record = await run.judge()
  expect(record).toMatchObject({ acknowledged: 3, processed: 3, clean: true, examples: [] })
})

test('what a stage has not come to is unseen, what it has passed without effect is lost', async () => {
  const run = await LedgerRun.begin(log, 2)
  for (let i = 0; i < 2; i++) {
    run.appends.acknowledged(i)
    run.store(i, 'u')
  }
  run.apply(0, [0])
  run.apply(1, [1])
  const record = await run.judge({ uncommitted: 'preference' })
  expect(record).toMatchObject({ lost: 1, unseen: 1, processed: 0, clean: false })
  expect(record.examples).toEqual([
    {
      verdict: 'unseen',
      traceId: traceIdOf('action', 0),
      detail: 'in the log, not yet applied at preference',
    },
    {
      verdict: 'lost',
      traceId: traceIdOf('action', 1),
      detail: 'in the log and committed, but never applied at index',
    },
  ])
})

test('an event that was sent and never answered is indeterminate, not lost', async () => {
  const run = await LedgerRun.begin(log, 1)
  run.appends.sent(0, 0)
  expect(await run.judge()).toMatchObject({ indeterminate: 1, lost: 0, clean: true })
})

test('an event reported as failed that is in the log all the same is a phantom', async () => {
  const run = await LedgerRun.begin(log, 1)
  run.appends.failed(0)
  run.store(0, 'u')
  const record = await run.judge()
  expect(record).toMatchObject({ failed: 1, phantom: 1, clean: false })
  expect(record.examples[0]!.detail).toBe('refused, yet in the log')
})

test('events of others and unreadable records are nobody’s loss', async () => {
  const run = await LedgerRun.begin(log, 1)
  run.appends.acknowledged(0)
  run.storeText('no trace id at all', 'u')
  run.storeText(traceIdOf('inventory', 0), 'u')
  run.store(0, 'u')
  run.store(99, 'u')
  run.apply(0)
  expect(await run.judge()).toMatchObject({ acknowledged: 1, processed: 1, clean: true })
})

test('reordering is told with its place', async () => {
  const run = await LedgerRun.begin(log, 2)
  for (const i of [1, 0]) {
    run.appends.acknowledged(i)
    run.store(i, 'u')
    run.apply(i)
  }
  const record = await run.judge()
  expect(record.reordered).toBe(1)
  expect(record.examples[0]!.traceId).toBe(traceIdOf('action', 0))
  expect(record.examples[0]!.detail).toMatch(
    /event 0 stands after event 1 of its key: user\.action\.v1, partition \d+, offset \d+/,
  )
})

test.each([
  [true, 0],
  [false, 1],
])(
  'an event without an answer that comes late: %s where its sender went on, so %i reordered',
  async (overtaken, reordered) => {
    const run = await LedgerRun.begin(log, 2)
    run.appends.acknowledged(1)
    run.appends.indeterminate(0)
    for (const i of [1, 0]) {
      run.store(i, 'u')
      run.apply(i)
    }
    const record = await run.judge({ overtaken })
    expect(record).toMatchObject({ reordered, clean: reordered === 0 })
    expect(record.examples.filter(({ verdict }) => verdict === 'reordered')).toHaveLength(reordered)
  },
)

test('a second copy is a duplicate, wherever it stands', async () => {
  const run = await LedgerRun.begin(log, 2)
  for (const i of [0, 1, 0]) {
    run.appends.acknowledged(i)
    run.store(i, 'u')
  }
  run.apply(0)
  run.apply(1)
  expect(await run.judge()).toMatchObject({ duplicated: 1, reordered: 0 })
})

test('where retention dropped the beginning, an event with all its effects counts as seen', async () => {
  const run = await LedgerRun.begin(log, 2)
  for (const i of [0, 1]) {
    run.appends.acknowledged(i)
    run.store(i, 'u')
  }
  run.apply(0)
  const record = await run.judge({ retainBytes: 0 })
  expect(record).toMatchObject({ processed: 1, lost: 1 })
  expect(record.examples[0]).toMatchObject({ verdict: 'lost', traceId: traceIdOf('action', 1) })
})
