/**
 * Room for the encoded values of one call, used again for the next one. It does not grow: what does not fit gets
 * memory of its own.
 */
export class Arena {
  readonly #bytes: Buffer
  #used = 0

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size)
  }

  /** All that was given out may be overwritten from now on. */
  reset(): void {
    this.#used = 0
  }

  reserve(length: number): Buffer {
    const from = this.#used
    if (from + length > this.#bytes.length) return Buffer.allocUnsafe(length)
    this.#used = from + length
    return this.#bytes.subarray(from, this.#used)
  }
}
