import { afterEach, beforeEach, expect, test } from 'vitest'
import { USER_ACTION } from '../../../src/domain/topics.ts'
import { RepError } from '../../../src/errors/rep-error.ts'
import type { Consumer, StoredRecord } from '../../../src/ports/event-log.ts'
import { openWhenReady, runStage } from '../../../src/stages/run-stage.ts'
import { newCounters, type Stage } from '../../../src/stages/stage.ts'
import { action, appendActions, openStageLab, type StageLab, uncommitted } from './stage-lab.ts'

const GROUP = 'g'
const backoff = { baseMs: 1, maxMs: 2 }
let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

/** A stage that writes down its calls and lets the test decide what handling does. */
class DiaryStage implements Stage {
  readonly name = 'diary'
  readonly group = GROUP
  readonly reads = [USER_ACTION]
  readonly writes = []
  readonly counters = newCounters()
  readonly calls: string[] = []
  readonly onHandle: (batch: readonly StoredRecord[], attempt: number) => Promise<void> | void
  #attempts = 0

  constructor(onHandle: DiaryStage['onHandle']) {
    this.onHandle = onHandle
  }

  async handle(batch: readonly StoredRecord[]) {
    this.calls.push(`handle ${batch.length}`)
    await this.onHandle(batch, this.#attempts++)
  }
  async idle() {
    this.calls.push('idle')
  }
  async flush() {
    this.calls.push('flush')
  }
  async close() {
    this.calls.push('close')
  }
}

async function run(onHandle: DiaryStage['onHandle'], options: { readonly stopMs?: number } = {}) {
  const consumer: Consumer = await lab.stack.log.consume({
    group: GROUP,
    topics: [USER_ACTION],
    maxRecords: 100,
  })
  const stop = new AbortController()
  const stage = new DiaryStage(onHandle)
  const finished = runStage(stage, consumer, {
    signal: stop.signal,
    log: (line) => void lab.lines.push(line),
    pollMs: 5,
    backoff,
    ...options,
  })
  return { stage, consumer, stop, finished }
}

test('hands in what it polls, then flushes and closes on the signal', async () => {
  await appendActions(lab.stack, [action(1), action(2)])
  const { stage, stop, finished } = await run(() => stop.abort())
  await finished
  expect(stage.calls.filter((call) => call !== 'idle')).toEqual(['handle 2', 'flush', 'close'])
})

test('hands the same batch in again after a retryable error, one line for each change', async () => {
  await appendActions(lab.stack, [action(1)])
  const batches = new Set<unknown>()
  const { stage, stop, finished } = await run((batch, attempt) => {
    batches.add(batch)
    if (attempt < 3) throw new RepError('REP_STORE_UNAVAILABLE', 'the store is away')
    stop.abort()
  })
  await finished
  expect(batches.size).toBe(1)
  expect(stage.calls.filter((call) => call.startsWith('handle'))).toHaveLength(4)
  expect(lab.lines).toEqual(['diary: waiting, the store is away', 'diary: goes on after 3 failed attempts'])
})

test('gives a batch up when its partitions were lost, and polls on', async () => {
  await appendActions(lab.stack, [action(1)])
  const { stage, stop, finished } = await run(async (_, attempt) => {
    if (attempt > 0) return stop.abort()
    await appendActions(lab.stack, [action(2)])
    throw new RepError('REP_LOG_FENCED', 'another member owns it')
  })
  await finished
  expect(stage.calls.filter((call) => call !== 'idle')).toEqual(['handle 1', 'handle 1', 'flush', 'close'])
})

test('gives up a retry once the time to stop is over, and leaves the group', async () => {
  await appendActions(lab.stack, [action(1)])
  const { stage, consumer, stop, finished } = await run(
    () => {
      stop.abort()
      throw new RepError('REP_STORE_UNAVAILABLE', 'the store is away')
    },
    { stopMs: 20 },
  )
  await expect(finished).rejects.toThrow('the store is away')
  expect(stage.calls).not.toContain('close')
  expect(consumer.assignment()).toEqual([])
  expect(await uncommitted(lab.stack, GROUP)).toBe(1)
})

test('ends with any other error, after leaving the group', async () => {
  await appendActions(lab.stack, [action(1)])
  const { stage, consumer, finished } = await run(() => {
    throw new TypeError('a bug')
  })
  await expect(finished).rejects.toThrow('a bug')
  expect(stage.calls).not.toContain('flush')
  expect(consumer.assignment()).toEqual([])
})

test('a stage is opened again while a store is away, with a line at the beginning and one at the end', async () => {
  let failures = 3
  const open = async () => {
    if (failures-- > 0) throw new RepError('REP_STORE_UNAVAILABLE', 'the store is away')
    return 'open'
  }
  const options = {
    signal: new AbortController().signal,
    log: (line: string) => void lab.lines.push(line),
    backoff,
  }
  await expect(openWhenReady('diary', open, options)).resolves.toBe('open')
  expect(lab.lines).toEqual(['diary: waiting, the store is away', 'diary: goes on after 3 failed attempts'])
  const fault = new RepError('REP_VECTOR_DIMS', 'other dimensions')
  await expect(openWhenReady('diary', () => Promise.reject(fault), options)).rejects.toBe(fault)
})
