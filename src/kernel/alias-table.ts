const U32 = 2 ** 32

/**
 * Draws an index in proportion to its weight in constant time, by the alias method (Walker 1977, built as
 * by Vose 1991).
 */
export class AliasTable {
  readonly size: number
  readonly #scale: number
  /** Below it (of 2^32) a draw stays in its own column, else it goes to the alias. */
  readonly #stay: Float64Array
  readonly #alias: Uint32Array

  /** `weights`: at least one, none negative, not all zero. */
  constructor(weights: Float64Array) {
    const size = weights.length
    let sum = 0
    for (const weight of weights) sum += weight
    if (!(sum > 0) || !Number.isFinite(sum)) throw new RangeError('weights must have a positive, finite sum')
    this.size = size
    this.#scale = size / U32
    this.#stay = new Float64Array(size).fill(U32)
    this.#alias = new Uint32Array(size)
    this.#build(weights, size / sum)
  }

  /** The index that two unsigned 32-bit random numbers pick. */
  at(column: number, toss: number): number {
    const index = Math.floor(column * this.#scale)
    return toss < this.#stay[index]! ? index : this.#alias[index]!
  }

  #build(weights: Float64Array, factor: number): void {
    const scaled = weights.map((weight) => weight * factor)
    const small = new Uint32Array(scaled.length)
    const large = new Uint32Array(scaled.length)
    let smalls = 0
    let larges = 0
    for (let i = 0; i < scaled.length; i++) {
      if (scaled[i]! < 1) small[smalls++] = i
      else large[larges++] = i
    }
    while (smalls > 0 && larges > 0) {
      const less = small[--smalls]!
      const more = large[larges - 1]!
      this.#stay[less] = scaled[less]! * U32
      this.#alias[less] = more
      scaled[more] = scaled[more]! + scaled[less]! - 1
      if (scaled[more]! < 1) {
        larges--
        small[smalls++] = more
      }
    }
    // What is left differs from 1 by rounding alone: it keeps its own column whole.
  }
}
