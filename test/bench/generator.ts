/**
 * The load generator alone, against sinks that do nothing: how many events a second one core makes, and
 * how late it is at 10,000 events a second. Run: node test/bench/generator.ts
 */
import type { ActionLoad } from '../../src/config/scenario.ts'
import { nowUs } from '../../src/kernel/time.ts'
import { type ActionScenario, ActionSource } from '../../src/load/action-source.ts'
import { generateCatalogue } from '../../src/load/catalogue.ts'
import { EventBatch } from '../../src/load/event-batch.ts'
import { type LoadOptions, runLoad } from '../../src/load/run-load.ts'
import type { AppendResult } from '../../src/ports/event-log.ts'

const ROUNDS = 5
const EVENTS = 500_000
const PACED_MS = 4_000
const PACED_TPS = 10_000
const ACCEPTED: AppendResult = { partitions: new Int32Array(0), offsets: new Float64Array(0) }

const catalogue = {
  products: 20_000,
  categories: 40,
  zipf: 0.9,
  hotShare: 0,
  posts: 0,
  steps: [],
  file: null,
}
const products = generateCatalogue(catalogue, 7)

function open(actions: ActionLoad): ActionSource {
  const scenario: ActionScenario = {
    seed: 7,
    startsAtMs: Date.UTC(2025, 5, 2, 9),
    warmupMs: 0,
    load: { actions },
    users: { count: 50_000, zipf: 0.9, hotShare: 0, hotUsers: 0, coldShare: 0.1, dayParting: null },
    catalogue,
  }
  return new ActionSource(scenario, { products })
}

/** As fast as it goes: each round is one unpaced run through the driver; the best is least disturbed. */
function throughput(): void {
  const phases = [{ shape: 'constant', durationMs: 3_600_000, rate: 1 }] as const
  const source = open({ tps: PACED_TPS, arrival: { process: 'poisson' }, phases })
  const batch = new EventBatch(1024)
  const costs: number[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let made = 0; made < EVENTS; ) {
      batch.clear()
      made += source.fill(batch, Infinity)
      for (const record of batch.records) bytes += record.value.length
    }
    const { user, system } = process.cpuUsage(before)
    costs.push((user + system) / EVENTS)
  }
  const best = Math.min(...costs)
  console.log(`events/s per core    ${Math.round(1e6 / best)} (best of ${ROUNDS} rounds of ${EVENTS})`)
  console.log(`CPU µs per event     ${costs.map((cost) => cost.toFixed(2)).join(' ')}`)
  console.log(`bytes per event      ${(bytes / EVENTS / ROUNDS).toFixed(0)}`)
}

async function paced(name: string, append: LoadOptions['append']): Promise<void> {
  const phases = [{ shape: 'constant', durationMs: PACED_MS, rate: 1 }] as const
  const source = open({ tps: PACED_TPS, arrival: { process: 'poisson' }, phases })
  const lagsUs: number[] = []
  const acksUs: number[] = []
  const before = process.cpuUsage()
  const originUs = nowUs() + 50_000
  const counts = await runLoad({
    sources: [source],
    append,
    originUs,
    signal: new AbortController().signal,
    observer: {
      sending: (_, batch) => {
        for (let i = 0; i < batch.count; i++) lagsUs.push(batch.sendUs - originUs - batch.dueUs[i]!)
      },
      settled: (_, batch) => acksUs.push(batch.doneUs - batch.sendUs),
    },
  })
  const { user, system } = process.cpuUsage(before)
  const share = (user + system) / 1e3 / PACED_MS
  console.log(
    `${name.padEnd(20)} lag ms p50 ${at(lagsUs, 0.5)} p99 ${at(lagsUs, 0.99)} p99.9 ${at(lagsUs, 0.999)} ` +
      `max ${at(lagsUs, 1)}; append ms p50 ${at(acksUs, 0.5)} p99 ${at(acksUs, 0.99)}; ` +
      `${(share * 100).toFixed(1)} % of a core; ${counts.acknowledged} events in ${counts.batches} batches`,
  )
}

/** The q-quantile in ms. */
function at(valuesUs: readonly number[], q: number): string {
  const sorted = Float64Array.from(valuesUs).sort()
  return ((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) / 1e3).toFixed(3)
}

throughput()
console.log(`at ${PACED_TPS} events/s:`)
await paced('sink that returns', () => ACCEPTED)
await paced('sink that resolves', async () => ACCEPTED)
await paced('sink of 2 ms', () => new Promise((resolve) => setTimeout(resolve, 2, ACCEPTED)))
