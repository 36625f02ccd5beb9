import type { ActionLoad, Arrival } from '../config/scenario.ts'
import { Random } from '../kernel/random.ts'
import { phasesMs, RateCurve, startingRate, stretchesOf } from './rate-curve.ts'

/** Due times of one stream, in order. */
export interface Schedule {
  /** Whole µs since the start of the run, never less than the one before; Infinity after the last. */
  next(): number
  /** Where the warm-up ends: an event due from here on is measured. */
  readonly measuredFromUs: number
  readonly endUs: number
}

export interface ScheduleOptions {
  readonly seed: number
  readonly warmupMs: number
  /** Name of the stream of random numbers; each schedule of a run has its own. */
  readonly stream: string
}

/** Where the warm-up begins, as a share of the rate that it rises to; it gets there in this share of its time. */
const WARM_FROM = 0.1
const WARM_RISE = 2 / 3

/**
 * The schedule of an open loop: a warm-up that rises to the first phase's starting rate, so that cold code and
 * caches leave no backlog to the measured part, then the phases. It depends on the load and the seed alone, never
 * on how fast events are taken.
 */
export function createSchedule(load: ActionLoad, options: ScheduleOptions): Schedule {
  const { tps, arrival, phases } = load
  const first = phases[0]
  const rate = first === undefined ? 1 : startingRate(first)
  const rise = { durationMs: options.warmupMs * WARM_RISE, from: rate * WARM_FROM, to: rate }
  const hold = { durationMs: options.warmupMs * (1 - WARM_RISE), from: rate, to: rate }
  const curve = new RateCurve(tps, [rise, hold, ...phases.flatMap(stretchesOf)])
  const measuredFromUs = options.warmupMs * 1e3
  const gap = arrival.process === 'uniform' ? evenGaps() : exponentialGaps(options)
  const squeeze = arrival.process === 'bursty' ? burstSqueeze(arrival, measuredFromUs) : Math.floor
  let events = gap.first
  return {
    measuredFromUs,
    endUs: curve.endUs,
    next() {
      const timeUs = curve.timeOf(events)
      if (timeUs === Infinity) return Infinity
      events += gap.draw()
      return squeeze(timeUs)
    },
  }
}

/** Events per second that the measured part of a load asks for, on average. */
export function meanTps(load: ActionLoad): number {
  const curve = new RateCurve(load.tps, load.phases.flatMap(stretchesOf))
  const durationMs = phasesMs(load.phases)
  return durationMs === 0 ? 0 : (curve.events / durationMs) * 1e3
}

/** Distances between the events of a process of rate 1, and the first one's time. */
interface Gaps {
  readonly first: number
  draw(): number
}

function evenGaps(): Gaps {
  return { first: 0, draw: () => 1 }
}

function exponentialGaps({ seed, stream }: ScheduleOptions): Gaps {
  const random = new Random(seed, `${stream}/arrivals`)
  return { first: random.exponential(), draw: () => random.exponential() }
}

/**
 * On-off: each cycle of `onMs` + `offMs` keeps its events, squeezed into its first `onMs`; so every cycle,
 * and thereby the whole, keeps its mean rate. Cycles begin anew where the measured part begins, and no
 * event crosses that line.
 */
function burstSqueeze(arrival: Extract<Arrival, { process: 'bursty' }>, measuredFromUs: number) {
  const cycleUs = (arrival.onMs + arrival.offMs) * 1e3
  const share = arrival.onMs / (arrival.onMs + arrival.offMs)
  return (timeUs: number): number => {
    const originUs = timeUs < measuredFromUs ? 0 : measuredFromUs
    const startUs = originUs + Math.floor((timeUs - originUs) / cycleUs) * cycleUs
    return Math.floor(startUs + (timeUs - startUs) * share)
  }
}
