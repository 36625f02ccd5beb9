import { nowUs } from '../kernel/time.ts'

/** Holds what comes within one stretch of time until its end, and lets it go on in the order in which it came. */
export class Stall {
  readonly #atUs: number
  readonly #forUs: number
  #over: Promise<void> | null = null
  #ended = false
  #waiting = 0
  /** Calls that were held. */
  held = 0

  constructor({ atMs, forMs }: { readonly atMs: number; readonly forMs: number }) {
    this.#atUs = atMs * 1e3
    this.#forUs = forMs * 1e3
  }

  /** What to wait for before going on, null outside of the stall; its time counts from `firstUs`. */
  wait(firstUs: number): Promise<void> | null {
    const now = nowUs()
    const startUs = firstUs + this.#atUs
    // Whoever comes when it is over, while others have yet to go on, goes after them.
    if (now < startUs || (this.#ended && this.#waiting === 0)) return null
    this.#over ??= this.#until(startUs + this.#forUs)
    return this.#ended && this.#waiting === 0 ? null : this.#hold(this.#over)
  }

  async #hold(over: Promise<void>): Promise<void> {
    this.held++
    this.#waiting++
    await over
    this.#waiting--
  }

  async #until(endUs: number): Promise<void> {
    // A timer counts whole milliseconds of the event loop's clock, and may come up to one too early.
    for (let leftUs = endUs - nowUs(); leftUs > 0; leftUs = endUs - nowUs())
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(leftUs / 1e3)))
    this.#ended = true
  }
}
