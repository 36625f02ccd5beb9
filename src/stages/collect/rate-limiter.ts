/** With more senders than this, those that may send at full rate again are forgotten. */
const MOST_SENDERS = 50_000

/**
 * Events per second by sender, as a token bucket that holds one second's worth. A batch may take the bucket
 * below zero, so that every batch passes in the end; who is below zero waits.
 */
export class RateLimiter {
  readonly #perSecond: number
  readonly #buckets = new Map<string, { tokens: number; sinceMs: number }>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Seconds to wait before the next request, rounded up; 0 when it may come now. */
  waitSeconds(sender: string, nowMs: number): number {
    const { tokens } = this.#bucket(sender, nowMs)
    return tokens > 0 ? 0 : Math.max(1, Math.ceil(-tokens / this.#perSecond))
  }

  /** Counts events that a request brought. */
  take(sender: string, events: number, nowMs: number): void {
    this.#bucket(sender, nowMs).tokens -= events
  }

  #bucket(sender: string, nowMs: number): { tokens: number; sinceMs: number } {
    let bucket = this.#buckets.get(sender)
    if (bucket === undefined) {
      if (this.#buckets.size >= MOST_SENDERS) this.#forget(nowMs)
      bucket = { tokens: this.#perSecond, sinceMs: nowMs }
      this.#buckets.set(sender, bucket)
    }
    const gained = ((nowMs - bucket.sinceMs) * this.#perSecond) / 1000
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + gained)
    bucket.sinceMs = nowMs
    return bucket
  }

  #forget(nowMs: number): void {
    for (const sender of [...this.#buckets.keys()]) {
      if (this.#bucket(sender, nowMs).tokens >= this.#perSecond) this.#buckets.delete(sender)
    }
  }
}
