import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultStep } from '../../../src/config/scenario.ts'
import { createCodec } from '../../../src/domain/codec.ts'
import { PRODUCT_INVENTORY, TOPICS, USER_ACTION } from '../../../src/domain/topics.ts'
import { formatTraceId, runTag, sequenceOf } from '../../../src/domain/trace-id.ts'
import { openLmdbEventLog } from '../../../src/drivers/event-log/lmdb.ts'
import { openLmdbEnvironment } from '../../../src/drivers/lmdb-environment.ts'
import { RepError } from '../../../src/errors/rep-error.ts'
import { describeFaults } from '../../../src/faults/describe-faults.ts'
import { sumInjected } from '../../../src/faults/fault-counts.ts'
import { withFaults } from '../../../src/faults/with-faults.ts'
import { nowUs } from '../../../src/kernel/time.ts'
import type { EventLog, LogRecord } from '../../../src/ports/event-log.ts'

const TAG = runTag(7, 'action')
const codec = createCodec()
let log: EventLog
let close: () => Promise<void>

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rep-faults-'))
  const environment = openLmdbEnvironment(directory)
  log = openLmdbEventLog(environment)
  await log.ensureTopics(TOPICS)
  close = async () => {
    await log.close()
    await environment.close()
    await rm(directory, { recursive: true, force: true })
  }
})
afterEach(() => close())

/** Actions by number; users in turn. */
function actions(from: number, to: number, users = 3): LogRecord[] {
  return Array.from({ length: to - from }, (_, i) => {
    const sequence = from + i
    const userId = `user-${sequence % users}`
    const value = codec.encodeUserAction({
      traceId: formatTraceId(1000, TAG, sequence),
      userId,
      sessionId: userId,
      actionType: 'VIEW',
      timestamp: 1000,
      productId: 'p',
      properties: {},
    })
    return { key: Buffer.from(userId), value, dueUs: 0 }
  })
}

/** Numbers of the stored actions by user, in log order. */
async function stored(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {}
  for (const { topic, partition, latest } of await log.offsets(USER_ACTION)) {
    if (latest === 0) continue
    for (const { key, value } of await log.read({ topic, partition, offset: 0 }, latest)) {
      const user = Buffer.from(key).toString()
      found[user] = [...(found[user] ?? []), sequenceOf(codec.decodeUserActionCore(value).traceId, TAG)]
    }
  }
  return found
}

const all = async () =>
  Object.values(await stored())
    .flat()
    .sort((a, b) => a - b)
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const steps = (...list: FaultStep[]) => list

/** Appends actions in batches of these sizes, reusing the batch’s memory as a generator does. */
async function drive(faults: readonly FaultStep[], sizes: readonly number[], users = 3) {
  const faulty = withFaults(log, faults)
  let from = 0
  for (const size of sizes) {
    const batch = actions(from, from + size, users)
    const result = await faulty.append(USER_ACTION, batch)
    expect(result.offsets).toHaveLength(size)
    expect(result.failures).toBeUndefined()
    for (const { key, value } of batch) {
      key.fill(0)
      value.fill(0)
    }
    from += size
  }
  await faulty.release()
  return faulty.injected
}

describe.each([[[30]], [[1, 4, 7, 2, 16]], [Array<number>(30).fill(1)]])('in batches of %j', (sizes) => {
  test('lose: every n-th record is acknowledged and not stored', async () => {
    const { listed, counts } = await drive(steps({ kind: 'lose', every: 7 }), sizes)
    expect(listed.map(({ number, traceId }) => [number, sequenceOf(traceId, TAG)])).toEqual([
      [7, 6],
      [14, 13],
      [21, 20],
      [28, 27],
    ])
    expect(counts).toEqual({ lose: 4, duplicate: 0, reorder: 0 })
    expect(await all()).toEqual(numbers(0, 30).filter((number) => number % 7 !== 6))
  })

  test('duplicate: every n-th record is stored twice', async () => {
    const { listed } = await drive(steps({ kind: 'duplicate', every: 10 }), sizes)
    expect(listed.map(({ number }) => number)).toEqual([10, 20, 30])
    expect(await all()).toEqual([...numbers(0, 30), 9, 19, 29].sort((a, b) => a - b))
  })

  test('reorder: every n-th record is stored after its successor of the same key', async () => {
    const { listed } = await drive(steps({ kind: 'reorder', every: 5 }), sizes)
    // The 30th has no successor: it is stored at the end, in order, and nothing was done to it.
    expect(listed.map(({ number }) => number).sort((a, b) => a - b)).toEqual([5, 10, 15, 20, 25])
    expect(await all()).toEqual(numbers(0, 30))
    expect(await stored()).toEqual({
      'user-0': [0, 3, 6, 12, 9, 15, 18, 21, 27, 24],
      'user-1': [1, 7, 4, 10, 13, 16, 22, 19, 25, 28],
      'user-2': [2, 5, 8, 11, 17, 14, 20, 23, 26, 29],
    })
  })

  test('several at once: of those that hit a record the first counts', async () => {
    const { listed } = await drive(steps({ kind: 'lose', every: 6 }, { kind: 'duplicate', every: 4 }), sizes)
    expect(listed.map(({ kind, number }) => `${kind} ${number}`)).toEqual([
      'duplicate 4',
      'lose 6',
      'duplicate 8',
      'lose 12',
      'duplicate 16',
      'lose 18',
      'duplicate 20',
      'lose 24',
      'duplicate 28',
      'lose 30',
    ])
  })
})

test('a record that waits already is the only one of its key that waits', async () => {
  const { listed } = await drive(steps({ kind: 'reorder', every: 2 }), [8], 2)
  expect(listed.map(({ number }) => number)).toEqual([2, 6])
  expect(await stored()).toEqual({ 'user-0': [0, 2, 4, 6], 'user-1': [3, 1, 7, 5] })
})

test('a batch that is lost as a whole is acknowledged', async () => {
  const faulty = withFaults(log, steps({ kind: 'lose', every: 2 }))
  await faulty.append(USER_ACTION, actions(0, 1))
  const { offsets } = await faulty.append(USER_ACTION, actions(1, 2))
  expect([...offsets]).toEqual([-1])
  expect(await all()).toEqual([0])
})

test('other topics, and everything but appends, go to the log as they are', async () => {
  const faulty = withFaults(log, steps({ kind: 'lose', every: 2 }))
  const changes = Array.from({ length: 6 }, () => ({
    key: Buffer.from('p'),
    value: Buffer.from('v'),
    dueUs: 0,
  }))
  await faulty.append(PRODUCT_INVENTORY, changes)
  const count = async (reader: Pick<EventLog, 'offsets'>) =>
    (await reader.offsets(PRODUCT_INVENTORY)).reduce((sum, { latest }) => sum + latest, 0)
  expect([await count(faulty), await count(log)]).toEqual([6, 6])
  expect(faulty.capabilities).toEqual(log.capabilities)
})

test('offsets are those of the log, in the positions of the batch', async () => {
  const faulty = withFaults(log, steps({ kind: 'duplicate', every: 2 }))
  const batch = actions(0, 5, 1)
  const { offsets, partitions } = await faulty.append(USER_ACTION, batch)
  expect([...offsets]).toEqual([0, 1, 3, 4, 6])
  expect(new Set(partitions).size).toBe(1)
})

test('a record that is refused suffers no fault, and its refusal keeps its position', async () => {
  const refusal = new Error('full')
  const refusing: EventLog = Object.assign(Object.create(log) as EventLog, {
    append: async (_topic: string, batch: readonly LogRecord[]) => ({
      partitions: new Int32Array(batch.length),
      offsets: new Float64Array(batch.length).fill(-1),
      failures: batch.map((_, position) => ({ position, error: refusal, indeterminate: false })),
    }),
  })
  const faulty = withFaults(refusing, steps({ kind: 'duplicate', every: 2 }))
  const { failures } = await faulty.append(USER_ACTION, actions(0, 3))
  expect(failures?.map(({ position }) => position)).toEqual([0, 1, 2])
  expect(faulty.injected.counts.duplicate).toBe(0)
})

test('a record that waits outlives an append that fails', async () => {
  let down = false
  const flaky: EventLog = Object.assign(Object.create(log) as EventLog, {
    append: (topic: string, batch: readonly LogRecord[]) => {
      if (down) return Promise.reject(new RepError('REP_LOG_UNAVAILABLE', 'down'))
      return log.append(topic, batch)
    },
  })
  const faulty = withFaults(flaky, steps({ kind: 'reorder', every: 2 }))
  await faulty.append(USER_ACTION, actions(0, 2, 1))
  down = true
  await expect(faulty.append(USER_ACTION, actions(2, 3, 1))).rejects.toMatchObject({
    code: 'REP_LOG_UNAVAILABLE',
  })
  down = false
  await faulty.release()
  expect(await all()).toEqual([0, 1])
  expect(faulty.injected.counts.reorder).toBe(0)
})

test('stall: appends within it wait until it is over and keep their order; others do not', async () => {
  const faulty = withFaults(log, steps({ kind: 'stall', atMs: 0, forMs: 120 }))
  const before = nowUs()
  const held = [0, 1, 2, 3].map((i) => faulty.append(USER_ACTION, actions(i, i + 1, 1)))
  await Promise.all(held)
  expect((nowUs() - before) / 1e3).toBeGreaterThanOrEqual(120)
  await faulty.append(USER_ACTION, actions(4, 5, 1))
  expect(faulty.injected.stalled).toBe(4)
  expect(await stored()).toEqual({ 'user-0': [0, 1, 2, 3, 4] })
})

test('faults are described with what became of them', () => {
  const injected = sumInjected([
    {
      counts: { lose: 2, duplicate: 0, reorder: 0 },
      listed: [{ kind: 'lose', number: 5, traceId: 'a' }],
      stalled: 1,
    },
    { counts: { lose: 3, duplicate: 1, reorder: 0 }, listed: [], stalled: 2 },
  ])
  expect(injected.counts).toEqual({ lose: 5, duplicate: 1, reorder: 0 })
  expect(
    describeFaults(steps({ kind: 'lose', every: 5 }, { kind: 'stall', atMs: 500, forMs: 1000 }), injected),
  ).toEqual([
    'Fault on purpose: of each generator thread, one user action in 5 was acknowledged without being stored (5 in all).',
    'Fault on purpose: 0.5 s after the first append all appends of user actions were held for 1 s (3 appends).',
  ])
  expect(describeFaults([], injected)).toEqual([])
})
