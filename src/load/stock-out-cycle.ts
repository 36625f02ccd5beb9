import type { Schedule } from './schedule.ts'

/**
 * One product that sells out and comes back, again and again: sold out where the measured part begins,
 * back half a cycle later, until the schedule ends.
 */
export class StockOutCycle {
  readonly product: number
  readonly #fromUs: number
  readonly #halfUs: number
  readonly #endUs: number
  #turns = 0

  constructor(
    settings: { readonly productRank: number; readonly everyMs: number },
    { measuredFromUs, endUs }: Pick<Schedule, 'measuredFromUs' | 'endUs'>,
    products: number,
  ) {
    this.product = Math.min(settings.productRank, products - 1)
    this.#fromUs = measuredFromUs
    this.#halfUs = (settings.everyMs * 1e3) / 2
    this.#endUs = endUs
  }

  /** Due time of the next turn, µs since the start of the run; Infinity when there is none. */
  get dueUs(): number {
    const timeUs = Math.floor(this.#fromUs + this.#turns * this.#halfUs)
    return timeUs < this.#endUs ? timeUs : Infinity
  }

  /** Takes the next turn; true when the product sells out, false when it comes back. */
  turn(): boolean {
    this.#turns++
    return this.#turns % 2 === 1
  }
}
