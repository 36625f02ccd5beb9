interface Kept {
  readonly vector: Float32Array
  readonly truncated: boolean
}

/** Vectors by text, within a bound of bytes; the one longest unused goes first. */
export class VectorCache {
  readonly #kept = new Map<string, Kept>()
  readonly #capacity: number

  constructor(dims: number, bytes: number) {
    this.#capacity = Math.max(1, Math.floor(bytes / (4 * dims)))
  }

  get size(): number {
    return this.#kept.size
  }

  get(key: string): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    // A map keeps the order of insertion: put in again, it is the youngest.
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  set(key: string, kept: Kept): void {
    this.#kept.delete(key)
    if (this.#kept.size >= this.#capacity) {
      const oldest = this.#kept.keys().next()
      if (!oldest.done) this.#kept.delete(oldest.value)
    }
    this.#kept.set(key, kept)
  }
}
