/** Canaries that are remembered. */
const REMEMBERED = 16
/** Of the least age at which one of them was seen. */
const SHARE = 0.5

/**
 * At which age a canary is polled for the first time: at half of the least freshness of the last canaries, so that
 * it is not asked for again and again while no canary before it could be seen. It cannot make a figure too low: one
 * that is seen at its first poll is counted with its age then, and the next ones are polled at half of that.
 */
export class FirstPoll {
  readonly #freshnessUs: number[] = []

  /** Age at which the next canary is polled first, µs; 0 until enough were seen. */
  get ageUs(): number {
    return this.#freshnessUs.length < REMEMBERED ? 0 : SHARE * Math.min(...this.#freshnessUs)
  }

  /** Takes in that a canary was seen at this age, µs. */
  seen(freshnessUs: number): void {
    this.#freshnessUs.push(freshnessUs)
    if (this.#freshnessUs.length > REMEMBERED) this.#freshnessUs.shift()
  }
}
