import type { Phase } from '../config/scenario.ts'

/** A stretch over which the rate changes linearly. Rates are multipliers of the scenario's rate. */
interface Stretch {
  readonly durationMs: number
  readonly from: number
  readonly to: number
}

/** A sine is drawn as this many straight lines a period; their mean over whole periods is exact. */
const LINES_PER_PERIOD = 64

/** The phase as straight lines, in order; no time is lost or gained. */
export function stretchesOf(phase: Phase): readonly Stretch[] {
  switch (phase.shape) {
    case 'constant':
      return [{ durationMs: phase.durationMs, from: phase.rate, to: phase.rate }]
    case 'ramp':
      return [{ durationMs: phase.durationMs, from: phase.from, to: phase.to }]
    case 'step':
      return steps(phase)
    case 'spike': {
      const sideMs = (phase.durationMs - phase.spikeMs) / 2
      const side = { durationMs: sideMs, from: phase.base, to: phase.base }
      return [side, { durationMs: phase.spikeMs, from: phase.peak, to: phase.peak }, side]
    }
    case 'sine':
      return sine(phase)
  }
}

/** The multiplier with which a phase begins: a sine begins at its mean, rising. */
export function startingRate(phase: Phase): number {
  return stretchesOf(phase)[0]!.from
}

/** How long the phases take together. */
export function phasesMs(phases: readonly Phase[]): number {
  return phases.reduce((sum, phase) => sum + phase.durationMs, 0)
}

function steps(phase: Extract<Phase, { shape: 'step' }>): readonly Stretch[] {
  const { steps: count, from, to } = phase
  return Array.from({ length: count }, (_, i) => {
    const rate = count === 1 ? from : from + ((to - from) * i) / (count - 1)
    return { durationMs: phase.durationMs / count, from: rate, to: rate }
  })
}

function sine(phase: Extract<Phase, { shape: 'sine' }>): readonly Stretch[] {
  const { durationMs, periodMs, min, max } = phase
  const rateAt = (ms: number) => (min + max) / 2 + ((max - min) / 2) * Math.sin((2 * Math.PI * ms) / periodMs)
  const lineMs = periodMs / LINES_PER_PERIOD
  const lines: Stretch[] = []
  for (let i = 0; i * lineMs < durationMs; i++) {
    const startMs = i * lineMs
    const endMs = Math.min((i + 1) * lineMs, durationMs)
    lines.push({ durationMs: endMs - startMs, from: rateAt(startMs), to: rateAt(endMs) })
  }
  return lines
}

/**
 * The rate over time and the inverse of its integral: which time has seen a number of events. So an
 * arrival process of rate 1 becomes one of this rate (time rescaling: Çinlar, "Introduction to Stochastic
 * Processes", 1975, chapter 4.7).
 */
export class RateCurve {
  readonly endUs: number
  /** Events that the whole curve holds, on average. */
  readonly events: number
  readonly #startUs: Float64Array
  readonly #eventsBefore: Float64Array
  /** Events per second where the line begins (not per µs: even spacing stays exact), and its change per µs. */
  readonly #rate: Float64Array
  readonly #slope: Float64Array
  #line = 0

  /** `tps`: events per second where a stretch's rate is 1. */
  constructor(tps: number, stretches: readonly Stretch[]) {
    const lines = stretches.filter((stretch) => stretch.durationMs > 0)
    this.#startUs = new Float64Array(lines.length + 1)
    this.#eventsBefore = new Float64Array(lines.length + 1)
    this.#rate = new Float64Array(lines.length)
    this.#slope = new Float64Array(lines.length)
    lines.forEach(({ durationMs, from, to }, i) => {
      const durationUs = durationMs * 1e3
      this.#rate[i] = from * tps
      this.#slope[i] = ((to - from) * tps) / durationUs
      this.#startUs[i + 1] = this.#startUs[i]! + durationUs
      this.#eventsBefore[i + 1] = this.#eventsBefore[i]! + (((from + to) / 2) * tps * durationMs) / 1e3
    })
    this.endUs = this.#startUs[lines.length]!
    this.events = this.#eventsBefore[lines.length]!
  }

  /**
   * The time, µs, until which the curve has seen `events` events; Infinity beyond its end. Calls must not
   * go backwards.
   */
  timeOf(events: number): number {
    if (events >= this.events) return Infinity
    let line = this.#line
    while (events >= this.#eventsBefore[line + 1]!) line++
    this.#line = line
    const rate = this.#rate[line]!
    const slope = this.#slope[line]!
    const within = (events - this.#eventsBefore[line]!) * 1e6
    // Solves rate * t + slope * t^2 / 2 = within (events * 1e6, t in µs), in the form that does not cancel.
    const root = slope === 0 ? rate : Math.sqrt(Math.max(0, rate * rate + 2 * slope * within))
    const elapsedUs = within === 0 ? 0 : (2 * within) / (rate + root)
    return Math.min(this.#startUs[line]! + elapsedUs, this.#startUs[line + 1]!)
  }
}
