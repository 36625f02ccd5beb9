import { nowUs } from '../kernel/time.ts'

/** Node's timers are only good for times beyond this; what is left is slept on a futex. */
const COARSE_US = 3_000
const TIMER_SLACK_MS = 2

export interface PacerOptions {
  /**
   * Least time between two wake-ups: events due within it go together. It bounds the lateness that pacing
   * adds, and the number of batches a second.
   */
  readonly tickUs?: number
  /** While an append is pending, the event loop is looked after this often: what its answer may be late. */
  readonly pollUs?: number
  /** The event loop gets a turn at least this often (messages, timers, an abort). */
  readonly turnUs?: number
  /** The thread has other work on its event loop: it is looked after every `pollUs`, pending append or not. */
  readonly shared?: boolean
}

/**
 * Waits for due times to a fraction of a millisecond without spinning. Far times are left to a timer; the
 * last stretch blocks the thread on a futex, in slices while something asynchronous is pending. So whatever
 * else lives on the thread's event loop is late: by up to `turnUs`, or `pollUs` where the thread is shared.
 */
export class Pacer {
  readonly #tickUs: number
  readonly #pollUs: number
  readonly #turnUs: number
  readonly #shared: boolean
  readonly #cell = new Int32Array(new SharedArrayBuffer(4))
  #wokeUs = 0
  #turnedUs = nowUs()

  constructor(options: PacerOptions = {}) {
    this.#tickUs = options.tickUs ?? 500
    this.#pollUs = options.pollUs ?? 200
    this.#shared = options.shared ?? false
    this.#turnUs = options.turnUs ?? (this.#shared ? this.#pollUs : 5_000)
  }

  /**
   * Resolves at `timeUs` (host's monotonic clock) or soon after, never before; at once when aborted.
   * `pending` says whether something waits for the event loop.
   */
  async until(timeUs: number, pending: () => boolean, signal: AbortSignal): Promise<void> {
    const wakeUs = Math.max(timeUs, this.#wokeUs + this.#tickUs)
    let now = nowUs()
    while (now < wakeUs && !signal.aborted) {
      if (wakeUs - now > COARSE_US) await sleep((wakeUs - now) / 1e3 - TIMER_SLACK_MS, signal)
      else await this.#wait(wakeUs, pending)
      now = nowUs()
    }
    this.#wokeUs = now
    await this.breathe()
  }

  /** Gives the event loop a turn if it had none for a while. */
  async breathe(): Promise<void> {
    if (nowUs() - this.#turnedUs >= this.#turnUs) await this.#turn()
  }

  async #wait(wakeUs: number, pending: () => boolean): Promise<void> {
    if (this.#shared || pending()) await this.#turn()
    const leftUs = wakeUs - nowUs()
    if (leftUs <= 0) return
    Atomics.wait(
      this.#cell,
      0,
      0,
      (this.#shared || pending() ? Math.min(leftUs, this.#pollUs) : leftUs) / 1e3,
    )
  }

  async #turn(): Promise<void> {
    await new Promise<void>(resolveNextTurn)
    this.#turnedUs = nowUs()
  }
}

function resolveNextTurn(resolve: () => void): void {
  setImmediate(resolve)
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, Math.floor(ms)))
    signal.addEventListener('abort', done)
  })
}
