/** Lets one waiter sleep until something happened, a time is over or a signal is aborted. */
export class Wakeup {
  #pending = false
  #wake: (() => void) | null = null

  /** Ends the wait under way, or the next one at once. */
  notify(): void {
    this.#pending = true
    this.#wake?.()
  }

  /** Resolves on `notify`, after `ms`, or when the signal is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#pending || signal?.aborted) {
      this.#pending = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#wake = null
        this.#pending = false
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1))
      signal?.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }
}
