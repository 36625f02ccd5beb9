/** The newest event that was read: the watermark that it gives, and when it was appended to the log. */
export interface Heard {
  readonly watermarkMs: number
  readonly atMs: number
}

/**
 * Event time of one partition. The watermark is `latenessMs` behind the newest event: nothing older counts any more.
 * While the partition is read to its end and nothing comes, it follows the clock, so that what is due in
 * silence happens on time.
 */
export class PartitionClock {
  readonly #latenessMs: number
  #watermarkMs = Number.NEGATIVE_INFINITY
  #heard: Heard = { watermarkMs: Number.NEGATIVE_INFINITY, atMs: 0 }

  constructor(latenessMs: number) {
    this.#latenessMs = latenessMs
  }

  get watermarkMs(): number {
    return this.#watermarkMs
  }

  get heard(): Heard {
    return this.#heard
  }

  /** An event was read; `appendedMs`: when it came into the log. */
  observe(timestampMs: number, appendedMs: number): void {
    const watermarkMs = timestampMs - this.#latenessMs
    if (watermarkMs <= this.#heard.watermarkMs) return
    this.#heard = { watermarkMs, atMs: appendedMs }
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs)
  }

  /** Nothing waits to be read. */
  follow(nowMs: number): void {
    const silenceMs = Math.max(0, nowMs - this.#heard.atMs)
    this.#watermarkMs = Math.max(this.#watermarkMs, this.#heard.watermarkMs + silenceMs)
  }

  /** Goes on from a stored watermark. */
  resume(watermarkMs: number, heard: Heard): void {
    this.#watermarkMs = watermarkMs
    this.#heard = heard
  }
}
