import { judgeErrors, judgeLatency, judgeRate } from './evaluate-objectives.ts'
import { mergeCounts, type SparseCounts } from './latency-counts.ts'
import { toHistogram } from './latency-histogram.ts'
import type { RecorderSnapshot } from './latency-recorder.ts'
import { measuredCounts } from './merge-snapshots.ts'
import type { ErrorsObjective, LatencyObjective, Objective } from './objective-grammar.ts'
import { samplesNeeded } from './percentiles.ts'
import type { MeasureName, ObjectiveResult } from './run-record.ts'

/** What happened since the last tick, over all threads. */
export interface BreachTick {
  /** Any clock, ms. */
  readonly atMs: number
  /** Measured events that fell due. */
  readonly offered: number
  readonly snapshot: RecorderSnapshot
}

export interface BreachWatch {
  /** The objectives that the last window misses; empty until the first window is full. */
  feed(tick: BreachTick): readonly ObjectiveResult[]
}

/**
 * Judges objectives over a sliding window, by when things got done. What the end alone can tell (ledger,
 * counts of the ledger) is left out. A percentile with too few samples in the window is not judged; but a
 * measure that had samples before and has none while events are sent has stalled, which is a breach.
 */
export function createBreachWatch(
  objectives: readonly Objective[],
  options: { windowMs: number },
): BreachWatch {
  const seen = new Set<MeasureName>()
  let window: BreachTick[] = []
  let beganMs: number | null = null
  return {
    feed(tick) {
      // A tick covers the time before it, so the first one only tells where the first window begins.
      if (beganMs === null) beganMs = tick.atMs
      window.push(tick)
      window = window.filter(({ atMs }) => atMs > tick.atMs - options.windowMs)
      const facts = new WindowFacts(window, options.windowMs)
      const full = tick.atMs - beganMs >= options.windowMs
      const missed = full ? objectives.flatMap((objective) => judge(objective, facts, seen)) : []
      for (const name of tick.snapshot.measures.keys()) if (facts.done(name) > 0) seen.add(name)
      return missed
    },
  }
}

class WindowFacts {
  readonly #ticks: readonly BreachTick[]
  readonly #counts = new Map<MeasureName, SparseCounts>()
  readonly windowMs: number
  readonly sent: number
  readonly offered: number

  constructor(ticks: readonly BreachTick[], windowMs: number) {
    this.#ticks = ticks
    this.windowMs = windowMs
    this.offered = ticks.reduce((sum, { offered }) => sum + offered, 0)
    this.sent = ticks.reduce((sum, { snapshot }) => sum + measuredSent(snapshot), 0)
  }

  counts(name: MeasureName): SparseCounts {
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const parts = this.#ticks.flatMap(({ snapshot }) => {
      const measure = snapshot.measures.get(name)
      return measure === undefined ? [] : [measuredCounts(measure)]
    })
    const counts = mergeCounts(parts)
    this.#counts.set(name, counts)
    return counts
  }

  done(name: MeasureName): number {
    return this.counts(name).total
  }

  failed(name: MeasureName): number {
    return this.#ticks.reduce((sum, { snapshot }) => sum + (snapshot.measures.get(name)?.failed ?? 0), 0)
  }
}

function judge(objective: Objective, facts: WindowFacts, seen: ReadonlySet<MeasureName>): ObjectiveResult[] {
  const result = judgeWindow(objective, facts, seen)
  return result === null || result.met ? [] : [result]
}

/** Null: nothing to say about this window. */
function judgeWindow(
  objective: Objective,
  facts: WindowFacts,
  seen: ReadonlySet<MeasureName>,
): ObjectiveResult | null {
  if (objective.kind === 'latency') return judgeWindowLatency(objective, facts, seen)
  if (objective.kind === 'errors') return judgeWindowErrors(objective, facts)
  if (objective.kind !== 'rate' || facts.offered === 0) return null
  const perSecond = 1e3 / facts.windowMs
  return judgeRate(objective, facts.done('ack') * perSecond, facts.offered * perSecond)
}

function judgeWindowLatency(
  objective: LatencyObjective,
  facts: WindowFacts,
  seen: ReadonlySet<MeasureName>,
): ObjectiveResult | null {
  const { measure, statistic, limitMs, text } = objective
  const total = facts.done(measure) + facts.failed(measure)
  if (total === 0) {
    if (!seen.has(measure) || facts.sent === 0 || limitMs > facts.windowMs) return null
    const reason = `nothing got done for ${facts.windowMs / 1e3} s`
    return { text, value: null, limit: limitMs, unit: 'ms', met: false, reason }
  }
  if (typeof statistic === 'number' && total < samplesNeeded(statistic)) return null
  return judgeLatency(objective, toHistogram(facts.counts(measure)), facts.failed(measure))
}

function judgeWindowErrors(objective: ErrorsObjective, facts: WindowFacts): ObjectiveResult | null {
  const measure = objective.measure ?? 'ack'
  const failed = facts.failed(measure)
  const attempts = facts.done(measure) + failed
  return attempts === 0 ? null : judgeErrors(objective, attempts, failed)
}

function measuredSent({ sent }: RecorderSnapshot): number {
  let sum = 0
  for (const [second, count] of sent) if (second >= 0) sum += count
  return sum
}
