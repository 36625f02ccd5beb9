import { describe, expect, test } from 'vitest'
import { RepError } from '../../../src/errors/rep-error.ts'
import { nowUs } from '../../../src/kernel/time.ts'
import { ActionSource } from '../../../src/load/action-source.ts'
import { CanarySource } from '../../../src/load/canary-source.ts'
import { generateCatalogue } from '../../../src/load/catalogue.ts'
import type { LoadObserver } from '../../../src/load/in-flight.ts'
import { InventorySource } from '../../../src/load/inventory-source.ts'
import { type LoadCounts, type LoadOptions, runLoad } from '../../../src/load/run-load.ts'
import type { AppendResult, LogRecord } from '../../../src/ports/event-log.ts'
import { loadScenario } from './scenario-fixture.ts'

const scenario = loadScenario({
  warmupMs: 50,
  actions: { phases: [{ shape: 'constant', durationMs: 250, rate: 1 }] },
})
const products = generateCatalogue(scenario.catalogue, scenario.seed)

const accept = (records: readonly LogRecord[]): AppendResult => ({
  partitions: new Int32Array(records.length),
  offsets: new Float64Array(records.length),
})

/** What the sink got and what the observer was told, by stream. */
class Account implements LoadObserver {
  readonly sent = new Map<string, number[]>()
  readonly outcomes = [0, 0, 0]
  readonly lagsUs: number[] = []
  earlyUs = 0

  sending(...[source, batch]: Parameters<LoadObserver['sending']>): void {
    const list = this.sent.get(source.stream) ?? []
    this.sent.set(source.stream, list)
    for (let i = 0; i < batch.count; i++) {
      list.push(batch.sequences[i]!)
      const lagUs = batch.sendUs - batch.records[i]!.dueUs
      this.lagsUs.push(lagUs)
      this.earlyUs = Math.max(this.earlyUs, -lagUs)
    }
  }

  settled(...[, batch]: Parameters<LoadObserver['settled']>): void {
    expect(batch.doneUs).toBeGreaterThanOrEqual(batch.sendUs)
    for (let i = 0; i < batch.count; i++) this.outcomes[batch.outcomes[i]!]!++
  }
}

async function drive(
  append: LoadOptions['append'],
  options: Partial<LoadOptions> = {},
): Promise<{ counts: LoadCounts; account: Account }> {
  const account = new Account()
  const sources = options.sources ?? [new ActionSource(scenario, { products })]
  const counts = await runLoad({
    append,
    originUs: nowUs(),
    observer: account,
    signal: new AbortController().signal,
    ...options,
    sources,
  })
  const { offered, acknowledged, failed, indeterminate, unsent } = counts
  expect(acknowledged + failed + indeterminate + unsent).toBe(offered)
  expect(account.outcomes).toEqual([acknowledged, failed, indeterminate])
  return { counts, account }
}

/** Sequence numbers of the whole schedule. */
function schedule(): number[] {
  const source = new ActionSource(scenario, { products })
  const sequences: number[] = []
  while (source.schedule.next() !== Infinity) sequences.push(sequences.length)
  return sequences
}

describe.each([
  ['returns', (_: string, records: readonly LogRecord[]) => accept(records)],
  ['resolves at once', async (_: string, records: readonly LogRecord[]) => accept(records)],
  [
    'resolves later',
    (_: string, records: readonly LogRecord[]) =>
      new Promise<AppendResult>((resolve) => setTimeout(resolve, 5, accept(records))),
  ],
] as const)('a sink that %s', (_name, append) => {
  test('gets every event once, in order, and never before it is due', async () => {
    const { counts, account } = await drive(append)
    expect(account.sent.get('action')).toEqual(schedule())
    expect(account.earlyUs).toBe(0)
    expect(counts).toMatchObject({ acknowledged: schedule().length, aborted: false, firstError: null })
  })
})

test('several sources are driven beside each other, each on its own topic', async () => {
  const topics = new Map<string, number>()
  const sources = [
    new ActionSource(scenario, { products }),
    new InventorySource(scenario, { products }),
    new CanarySource(scenario, { products }),
  ]
  const { account } = await drive(
    (topic, records) => {
      topics.set(topic, (topics.get(topic) ?? 0) + records.length)
      return accept(records)
    },
    { sources },
  )
  for (const sequences of account.sent.values()) {
    expect(sequences.every((sequence, i) => sequence === i)).toBe(true)
  }
  expect(account.sent.get('canary')!.length).toBe(3)
  expect(topics.get('product.inventory.v1')).toBe(account.sent.get('inventory')!.length)
  expect(topics.get('user.action.v1')).toBe(schedule().length + 3)
})

test('a stall makes events late, and drops none: their due times stay', async () => {
  let calls = 0
  const { account } = await drive(
    (_, records) => {
      const stallMs = calls++ === 3 ? 150 : 0
      return new Promise((resolve) => setTimeout(resolve, stallMs, accept(records)))
    },
    { maxInFlight: 1 },
  )
  expect(account.sent.get('action')).toEqual(schedule())
  // What came due early in the stall waited for most of it.
  expect(Math.max(...account.lagsUs)).toBeGreaterThan(120_000)
  expect(account.lagsUs.filter((lagUs) => lagUs > 20_000).length).toBeGreaterThan(80)
})

test('values stay as they were until their append has settled', async () => {
  const changed: number[] = []
  await drive(
    async (_, records) => {
      const before = records.map(({ value }) => Buffer.from(value).toString('hex'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      records.forEach(({ value }, i) => {
        if (Buffer.from(value).toString('hex') !== before[i]) changed.push(i)
      })
      return accept(records)
    },
    { maxInFlight: 64 },
  )
  expect(changed).toEqual([])
})

test('refused records, refused batches and broken appends are counted for what they are', async () => {
  let calls = 0
  const { counts } = await drive((_, records) => {
    calls++
    if (calls === 1) throw new RepError('REP_LOG_UNAVAILABLE', 'down')
    if (calls === 2) throw new Error('broken')
    const error = new Error('refused')
    const failures = [{ position: 0, error, indeterminate: calls % 2 === 0 }]
    return { ...accept(records), failures }
  })
  expect(counts.firstError?.message).toBe('down')
  expect(counts.failed + counts.indeterminate).toBeGreaterThanOrEqual(counts.batches)
  expect(counts.failed).toBeGreaterThan(0)
  expect(counts.indeterminate).toBeGreaterThan(0)
})

test('an abort stops the intake and waits for what is in flight', async () => {
  const controller = new AbortController()
  const { counts } = await drive(
    (_, records) => {
      controller.abort()
      return new Promise((resolve) => setTimeout(resolve, 30, accept(records)))
    },
    { signal: controller.signal },
  )
  expect(counts).toMatchObject({ aborted: true, batches: 1, failed: 0, indeterminate: 0 })
  expect(counts.acknowledged).toBeGreaterThan(0)
})

test('an abort while the sink is stuck leaves nothing unaccounted', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 120)
  const { counts } = await drive(() => new Promise(() => undefined), {
    signal: controller.signal,
    maxInFlight: 2,
    settleMs: 20,
  })
  expect(counts.aborted).toBe(true)
  expect(counts.acknowledged).toBe(0)
  expect(counts.indeterminate).toBeGreaterThan(0)
  expect(counts.unsent).toBeGreaterThan(0)
  expect(counts.firstError?.message).toMatch(/settled/)
})
