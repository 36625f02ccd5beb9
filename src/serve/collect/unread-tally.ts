import type { Collector } from '../../stages/collect/collector.ts'

const EVERY_MS = 1000

/**
 * Counts requests that were refused before they were read, and keeps the counts as bad-event records, one a
 * second at most of each sender and status: what refuses a flood must not become one.
 */
export class UnreadTally {
  readonly #collector: Collector
  readonly #log: (line: string) => void
  readonly #counts = new Map<string, { status: number; sender: string; requests: number }>()
  #failing = false
  #timer: NodeJS.Timeout | null = null

  constructor(collector: Collector, log: (line: string) => void) {
    this.#collector = collector
    this.#log = log
  }

  add(status: number, sender: string, requests = 1): void {
    const name = `${status} ${sender}`
    const count = this.#counts.get(name)
    if (count === undefined) this.#counts.set(name, { status, sender, requests })
    else count.requests += requests
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS)
  }

  /** Keeps what was counted, and counts no more. */
  async close(): Promise<void> {
    await this.flush()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** Keeps what was counted; what cannot be kept now is tried again later. Never rejects. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const [name, { status, sender, requests }] of [...this.#counts]) {
      this.#counts.delete(name)
      try {
        await this.#collector.refuseUnread(status, requests, { name: sender, receivedMs: Date.now() })
        this.#failing = false
      } catch (error) {
        if (!this.#failing) this.#log(`refused requests are not noted: ${(error as Error).message}`)
        this.#failing = true
        this.add(status, sender, requests)
        return
      }
    }
  }
}
