const GOLDEN = 0x9e3779b9
const U32 = 2 ** -32

/** Mixes the bits of a 32-bit integer (Ellis, "hash prospector", lowbias32); returns an unsigned one. */
export function mix32(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** Unsigned 32-bit hash of a seed and a number: draws that depend on nothing else. */
export function hashNumber(seed: number, value: number): number {
  return mix32(mix32(seed ^ GOLDEN) + Math.imul(value, GOLDEN) + 0x7f4a7c15)
}

/** Unsigned 32-bit hash of a seed and a word (FNV-1a, then mixed): the seed of a named stream. */
export function hashWord(seed: number, word: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193)
  return hashNumber(seed, h)
}

/**
 * Deterministic random numbers: Doty-Humphrey's sfc32 (PractRand), period at least 2^32. The same seed and
 * stream name give the same numbers on every machine.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, stream: string) {
    const key = hashWord(seed, stream)
    this.#a = key | 0
    this.#b = mix32(key + 1) | 0
    this.#c = seed | 0
    for (let i = 0; i < 12; i++) this.u32()
  }

  /** Unsigned, 32 bits. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** Strictly between 0 and 1. */
  unit(): number {
    return (this.u32() + 0.5) * U32
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }

  /** Exponentially distributed with mean 1. */
  exponential(): number {
    return -Math.log(this.unit())
  }

  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
