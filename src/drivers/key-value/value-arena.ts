/**
 * Keeps the values of one read. Each read has its own: a thread's other callers may read before the first
 * has looked at its answer.
 */
export class ValueArena {
  #bytes: Buffer<ArrayBuffer> = EMPTY
  #used = 0
  #expected: number

  /** `expected` is the most values that it will keep. */
  constructor(expected: number) {
    this.#expected = expected
  }

  /** A view of a copy of `stored` from `from` on. */
  keep(stored: Buffer, from: number): Uint8Array {
    const length = stored.length - from
    if (this.#used + length > this.#bytes.length) this.#grow(length)
    const at = this.#used
    stored.copy(this.#bytes, at, from, stored.length)
    // Views begin at multiples of 8, so that a reader may lay a typed array over them.
    this.#used = (at + length + 7) & ~7
    this.#expected--
    return this.#bytes.subarray(at, at + length)
  }

  /** Values of one read are mostly of one size. */
  #grow(length: number): void {
    const room = Math.min((length + 7) * Math.max(1, this.#expected), MAX_CHUNK_BYTES)
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(room, length))
    this.#used = 0
  }
}

const EMPTY = Buffer.allocUnsafeSlow(0)
const MAX_CHUNK_BYTES = 1 << 20
