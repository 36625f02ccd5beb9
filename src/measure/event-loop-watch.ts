import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The timer by which the delay is seen, ms. */
const RESOLUTION_MS = 5

export interface EventLoopDelay {
  readonly p99Ms: number
  readonly maxMs: number
}

/** Watches how late this thread's event loop runs its timers. */
export class EventLoopWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#histogram.enable()
  }

  /** Forgets what was seen, e.g. at the end of the warm-up. */
  reset(): void {
    this.#histogram.reset()
  }

  /**
   * The delay since the start or the last reset. Node's histogram holds the whole time between two ticks of
   * the timer, so the timer's own period is taken off. A long block is one sample of many: look at the
   * largest, too, and judge a generator by its schedule lag first.
   */
  read(): EventLoopDelay {
    if (this.#histogram.count === 0) return { p99Ms: 0, maxMs: 0 }
    return { p99Ms: beyondPeriod(this.#histogram.percentile(99)), maxMs: beyondPeriod(this.#histogram.max) }
  }

  stop(): void {
    this.#histogram.disable()
  }
}

function beyondPeriod(ns: number): number {
  return Math.max(0, ns / 1e6 - RESOLUTION_MS)
}
