import type { Histogram } from 'hdr-histogram-js'
import { percentileUs } from './percentiles.ts'

export interface GeneratorFacts {
  readonly limits: { readonly scheduleLagP99Ms: number; readonly eventLoopP99Ms: number }
  /** Send time minus due time of the measured events, µs. */
  readonly scheduleLag: Histogram
  /** Event loop delay of each generator thread, ms; null where the thread blocks by design. */
  readonly eventLoops: readonly { readonly name: string; readonly p99Ms: number | null }[]
  /** Events that the schedule held, and those handed to the driver, in the measured part. */
  readonly offered: number
  readonly sent: number
}

/** The generator must hand over at least this share of its schedule, percent. */
const LEAST_SENT_PERCENT = 99

/** Why the generator, not the pipeline, was slow: one sentence each; none when the run is valid. */
export function invalidReasons(facts: GeneratorFacts): readonly string[] {
  return [...lagReasons(facts), ...loopReasons(facts), ...rateReasons(facts)]
}

function lagReasons({ limits, scheduleLag }: GeneratorFacts): string[] {
  const p99Us = percentileUs(scheduleLag, 99)
  // Too few events for a p99: then all of them must have been in time.
  const name = p99Us === null ? 'largest schedule lag' : 'schedule lag p99'
  const lagMs = (p99Us ?? scheduleLag.maxValue) / 1e3
  if (scheduleLag.totalCount === 0 || lagMs <= limits.scheduleLagP99Ms) return []
  return [
    `The ${name} was ${shown(lagMs)} ms; at most ${limits.scheduleLagP99Ms} ms are allowed: events left late.`,
  ]
}

function loopReasons({ limits, eventLoops }: GeneratorFacts): string[] {
  return eventLoops.flatMap(({ name, p99Ms }) => {
    if (p99Ms === null || p99Ms <= limits.eventLoopP99Ms) return []
    const allowed = `at most ${limits.eventLoopP99Ms} ms are allowed`
    return [
      `The event loop of ${name} was delayed by ${shown(p99Ms)} ms at p99; ${allowed}: the thread was starved.`,
    ]
  })
}

function rateReasons({ offered, sent }: GeneratorFacts): string[] {
  if (sent * 100 >= offered * LEAST_SENT_PERCENT) return []
  const percent = shown((sent / offered) * 100)
  return [
    `Of ${offered} events of the schedule only ${sent} (${percent} %) were sent; ${LEAST_SENT_PERCENT} % are needed.`,
  ]
}

function shown(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1)
}
