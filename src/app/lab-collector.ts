import { sumCounters } from '../measure/conservation.ts'
import { LatencyCounts } from '../measure/latency-counts.ts'
import { toHistogram } from '../measure/latency-histogram.ts'
import type { RecorderSnapshot } from '../measure/latency-recorder.ts'
import type { LiveFigures } from '../measure/live-status.ts'
import { mergeSnapshots, SnapshotSum } from '../measure/merge-snapshots.ts'
import { percentileMs } from '../measure/percentiles.ts'
import type { ThreadUsage } from '../measure/resources.ts'
import type { MeasureName } from '../measure/run-record.ts'
import type { StageCounters } from '../stages/stage.ts'
import type { LabProgress } from './lab-plan.ts'

interface ThreadState {
  cpuSeconds: number | null
  eventLoopP99Ms: number | null
  stages: Readonly<Record<string, StageCounters>>
}

export interface RecentFigures {
  /** Events a second, each thread's by its last report: reports and looks drift against each other. */
  readonly sentTps: number
  /** Appends that failed, since the start. */
  readonly failed: number
  readonly lagP99Ms: number | null
  readonly measures: Partial<Record<MeasureName, LiveFigures>>
}

/** Puts together what the lab threads report: sums for the record, the last second for the live view. */
export class LabCollector {
  readonly sum = new SnapshotSum()
  readonly threads = new Map<string, ThreadState>()
  #recent = new Map<MeasureName, LatencyCounts>()
  #sent = 0
  readonly #rates = new Map<string, SendRate>()
  #failed = 0
  #recentLag = new LatencyCounts()
  #fresh: RecorderSnapshot[] = []
  readonly #firstCpu = new Map<string, number>()

  take(thread: string, { snapshot, cpuSeconds, eventLoopP99Ms, stages }: LabProgress): void {
    if (cpuSeconds !== null && !this.#firstCpu.has(thread)) this.#firstCpu.set(thread, cpuSeconds)
    this.threads.set(thread, { cpuSeconds, eventLoopP99Ms, stages })
    if (snapshot === null) return
    this.sum.add(snapshot)
    this.#fresh.push(snapshot)
    const sent = this.#takeRecent(snapshot)
    this.#rates.set(thread, rateAfter(this.#rates.get(thread), { atMs: performance.now(), sent }))
  }

  /** Counters of each stage over all threads. */
  get counters(): ReadonlyMap<string, StageCounters> {
    const members = new Map<string, StageCounters[]>()
    for (const { stages } of this.threads.values()) {
      for (const [stage, counters] of Object.entries(stages)) {
        members.set(stage, [...(members.get(stage) ?? []), counters])
      }
    }
    return new Map([...members].map(([stage, all]) => [stage, sumCounters(all)]))
  }

  /** CPU of every thread since its first report. */
  get threadUsage(): readonly ThreadUsage[] {
    return [...this.threads].flatMap(([name, { cpuSeconds }]) => {
      const fromCpuSeconds = this.#firstCpu.get(name)
      if (cpuSeconds === null || fromCpuSeconds === undefined) return []
      return [{ name: `rep/${name}`, fromCpuSeconds, toCpuSeconds: cpuSeconds }]
    })
  }

  /** What came since the last call, as one snapshot. */
  takeFresh(): RecorderSnapshot {
    const fresh = mergeSnapshots(this.#fresh)
    this.#fresh = []
    return fresh
  }

  get sent(): number {
    return this.#sent
  }

  /** Figures of all that came since the last call. */
  takeRecentFigures(): RecentFigures {
    const measures: Partial<Record<MeasureName, LiveFigures>> = {}
    for (const [name, counts] of this.#recent) {
      const histogram = toHistogram(counts.toSparse())
      measures[name] = {
        count: histogram.totalCount,
        p50Ms: percentileMs(histogram, 50),
        p99Ms: percentileMs(histogram, 99),
      }
    }
    const lagP99Ms = percentileMs(toHistogram(this.#recentLag.toSparse()), 99)
    const sentTps = sumRates(this.#rates, performance.now())
    const figures = { sentTps, failed: this.#failed, lagP99Ms, measures }
    this.#recentLag.clear()
    this.#recent = new Map()
    return figures
  }

  /** Returns how many events the snapshot says were sent. */
  #takeRecent(snapshot: RecorderSnapshot): number {
    this.#recentLag.add(snapshot.scheduleLag)
    this.#failed += snapshot.measures.get('ack')?.failed ?? 0
    let sent = 0
    for (const count of snapshot.sent.values()) sent += count
    this.#sent += sent
    for (const [name, { seconds }] of snapshot.measures) {
      const recent = this.#recent.get(name) ?? new LatencyCounts()
      for (const { counts } of seconds) recent.add(counts)
      this.#recent.set(name, recent)
    }
    return sent
  }
}

interface SendRate {
  /** Of the report. */
  readonly atMs: number
  readonly tps: number
}

/** A thread that has not reported for longer sends nothing any more. */
const SILENT_MS = 3000
/** Between two reports, about: what the first one is taken to cover. */
const REPORT_MS = 1000

/** By what was sent since the report before. */
function rateAfter(
  before: SendRate | undefined,
  { atMs, sent }: { readonly atMs: number; readonly sent: number },
): SendRate {
  const sinceMs = before === undefined ? REPORT_MS : Math.max(1, atMs - before.atMs)
  return { atMs, tps: (sent / sinceMs) * 1e3 }
}

function sumRates(rates: ReadonlyMap<string, SendRate>, nowMs: number): number {
  let sum = 0
  for (const { atMs, tps } of rates.values()) if (nowMs - atMs < SILENT_MS) sum += tps
  return sum
}
