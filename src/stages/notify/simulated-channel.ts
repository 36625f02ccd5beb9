import { setTimeout as sleep } from 'node:timers/promises'
import type { Notification } from '../../domain/events.ts'
import { Random } from '../../kernel/random.ts'
import type { AttemptResult, Channel } from './channel.ts'

/** Standard deviation of the latency's logarithm: the 99th percentile is 3.2 times the median. */
const SIGMA = 0.5

export interface SimulationSettings {
  /** Median latency. */
  readonly latencyMs: number
  /** Share of attempts that fail. */
  readonly failureRate: number
}

/**
 * A provider that is not there: waits as long as one may take and fails as often. The randomness follows from
 * the notification and the attempt, so a run with the same notifications meets the same latencies and failures.
 */
export class SimulatedChannel implements Channel {
  readonly #name: string
  readonly #settings: SimulationSettings

  constructor(name: string, settings: SimulationSettings) {
    this.#name = name
    this.#settings = settings
  }

  async send({ traceId }: Notification, attempt: number): Promise<AttemptResult> {
    const { latencyMs, failureRate } = this.#settings
    const random = new Random(attempt, traceId)
    const fails = random.unit() < failureRate
    const waitMs = latencyMs * Math.exp(SIGMA * normal(random))
    if (waitMs > 0) await sleep(waitMs)
    if (!fails) return { ok: true }
    return { ok: false, permanent: false, reason: `the simulated ${this.#name} provider failed` }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

/** Normally distributed, mean 0 and deviation 1 (Box and Muller 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random.unit())) * Math.cos(2 * Math.PI * random.unit())
}
