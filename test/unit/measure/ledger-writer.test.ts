import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { formatTraceId, runTag } from '../../../src/domain/trace-id.ts'
import { APPEND, createLedger, openLedger } from '../../../src/measure/ledger.ts'
import { FOUND, LedgerWriter, MOST_EFFECTS } from '../../../src/measure/ledger-writer.ts'

const SEED = 42
const id = (sequence: number, seed = SEED) =>
  formatTraceId(1_700_000_000_000, runTag(seed, 'action'), sequence)

test('the state of an append is the last one told', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 5, stages: [] } } })
  const appends = new LedgerWriter(buffers).appends('action')
  for (let sequence = 0; sequence < 4; sequence++) appends.sent(sequence, 10)
  appends.acknowledged(1)
  appends.failed(2)
  appends.indeterminate(3)
  const { none, sent, acknowledged, failed, indeterminate } = APPEND
  expect([...openLedger(buffers)[0]!.states]).toEqual([sent, acknowledged, failed, indeterminate, none])
})

test('effects are counted at the stages that expect them, for events of this run alone', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 3, stages: ['index'] } } })
  const writer = new LedgerWriter(buffers)
  const index = writer.effects('index')
  expect(index.applied(id(1))).toBe(true)
  expect(index.applied(id(1))).toBe(true)
  expect(index.applied(id(1, 43))).toBe(false)
  expect(index.applied(id(3))).toBe(false)
  expect(index.applied('not a trace id')).toBe(false)
  expect(writer.effects('notify').applied(id(1))).toBe(false)
  expect([...openLedger(buffers)[0]!.effects[0]!]).toEqual([0, 2, 0])
})

test('an effect that was found done counts once, and not at all after it was told', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 3, stages: ['index'] } } })
  const index = new LedgerWriter(buffers).effects('index')
  expect([index.found(id(0)), index.found(id(0))]).toEqual([true, false])
  index.applied(id(1))
  expect(index.found(id(1))).toBe(false)
  expect(index.found(id(1, 43))).toBe(false)
  expect([...openLedger(buffers)[0]!.effects[0]!]).toEqual([FOUND, 1, 0])
})

test('an effect that is told only after it was found is one effect; told twice it is two', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 2, stages: ['index'] } } })
  const index = new LedgerWriter(buffers).effects('index')
  for (const sequence of [0, 1]) index.found(id(sequence))
  for (const sequence of [0, 1, 1]) index.applied(id(sequence))
  expect([...openLedger(buffers)[0]!.effects[0]!]).toEqual([1, 2])
})

test('counts of effects stop before they could wrap', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 1, stages: ['index'] } } })
  const index = new LedgerWriter(buffers).effects('index')
  for (let i = 0; i < 1000; i++) index.applied(id(0))
  expect(openLedger(buffers)[0]!.effects[0]![0]).toBe(MOST_EFFECTS)
})

test('the send lag of an event is known to whoever sees its effect', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 2, stages: [] } } })
  new LedgerWriter(buffers).appends('action').sent(1, 1234)
  const other = new LedgerWriter(buffers)
  expect(other.lagUsOf(id(1))).toBe(1234)
  expect(other.lagUsOf(id(0))).toBe(-1)
  expect(other.lagUsOf(id(7))).toBe(-1)
})

test('a sequence number beyond a declared count is a bug, not a write elsewhere', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: 2, stages: [] } } })
  expect(() => new LedgerWriter(buffers).appends('action').acknowledged(2)).toThrow(
    /holds 2 action events; got number 2/,
  )
})

test('a ledger of unknown length grows, and writers opened before see it', () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: null, stages: ['index'] } } })
  const early = new LedgerWriter(buffers)
  const index = early.effects('index')
  new LedgerWriter(buffers).appends('action').sent(3_000_000, 5)
  expect(index.applied(id(3_000_000))).toBe(true)
  expect(early.lagUsOf(id(3_000_000))).toBe(5)
})

test('six million events fit in tens of megabytes', () => {
  const buffers = createLedger({
    seed: SEED,
    streams: { action: { count: 6_000_000, stages: ['index', 'preference'] } },
  })
  const { states, lags, effects } = buffers.streams[0]!
  const bytes = [states, lags, ...effects].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(bytes).toBe(7 * 6_000_000)
})

test('threads write into one ledger at once without losing a count', { timeout: 60_000 }, async () => {
  const buffers = createLedger({ seed: SEED, streams: { action: { count: null, stages: ['index'] } } })
  const threads = [0, 1, 2].map(
    (number) =>
      new Worker(new URL('../../fixtures/ledger-thread.ts', import.meta.url), {
        workerData: { buffers, number, seed: SEED },
      }),
  )
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
  const account = openLedger(buffers)[0]!
  let acknowledged = 0
  let effects = 0
  for (let sequence = 0; sequence < account.states.length; sequence++) {
    if (account.states[sequence] === APPEND.acknowledged) acknowledged++
    effects += account.effects[0]![sequence]!
  }
  expect(acknowledged).toBe(3 * 100)
  expect(effects).toBe(3 * 100)
  expect(account.effects[0]![0]).toBe(3 * 10)
})
