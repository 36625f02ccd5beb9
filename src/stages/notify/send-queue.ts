/** Runs a bounded number of tasks at the same time, in the order in which they were added. */
export class SendQueue<T> {
  readonly #concurrency: number
  readonly #run: (item: T) => Promise<void>
  readonly #onSpace: () => void
  #queued: T[] = []
  #running = 0
  #idle: PromiseWithResolvers<void> | null = null
  #failure: { readonly error: unknown } | null = null

  /** `onSpace` is told after a task has ended, when half of the places or more are free and nobody waits. */
  constructor(options: { concurrency: number; run: (item: T) => Promise<void>; onSpace: () => void }) {
    this.#concurrency = options.concurrency
    this.#run = options.run
    this.#onSpace = options.onSpace
  }

  get full(): boolean {
    return this.#running + this.#queued.length >= this.#concurrency
  }

  add(items: readonly T[]): void {
    this.#queued.push(...items)
    this.#fill()
  }

  /** Takes out what waits and is named by `isOut`. */
  withdraw(isOut: (item: T) => boolean): readonly T[] {
    const out = this.#queued.filter(isOut)
    if (out.length > 0) this.#queued = this.#queued.filter((item) => !isOut(item))
    return out
  }

  /** Resolves when nothing runs and nothing waits; rejects with the error of a task that failed. */
  async drained(): Promise<void> {
    if (this.#running > 0) {
      this.#idle ??= Promise.withResolvers()
      await this.#idle.promise
    }
    this.check()
  }

  /** Throws the error of a task that failed: tasks handle what can be foreseen, so it is a bug. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  #fill(): void {
    while (this.#running < this.#concurrency && this.#queued.length > 0) {
      this.#running++
      void this.#start(this.#queued.shift()!)
    }
  }

  async #start(item: T): Promise<void> {
    try {
      await this.#run(item)
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#running--
    this.#fill()
    if (this.#running * 2 <= this.#concurrency) this.#onSpace()
    if (this.#running === 0) {
      this.#idle?.resolve()
      this.#idle = null
    }
  }
}
