import { isUtf8 } from 'node:buffer'

// A roll can have files of many hours with few rows each: what is empty is to be small.
const FIRST_BYTES = 256
const FIRST_SLOTS = 16
/** Parquet's PLAIN encoding writes a text's length before it. */
const LENGTH_BYTES = 4

/**
 * The distinct values of a column, numbered in the order in which they came. A value is found by its bytes, so one
 * that comes again costs neither a text nor an object. What is kept is Parquet's PLAIN encoding, ready to be written.
 */
export class ByteDictionary {
  /** Bytes before each value. */
  readonly #prefix: number
  #plain = Buffer.allocUnsafe(FIRST_BYTES)
  /** Where each value ends in them. */
  readonly #ends: number[] = []
  readonly #hashes: number[] = []
  /** Open addressing: the code of a value, plus 1, near where its hash points; 0 where there is none. */
  #slots = new Int32Array(FIRST_SLOTS)
  readonly #codeOfText = new Map<string, number>()

  /** `lengths`: values have lengths of their own, as texts have. */
  constructor({ lengths }: { lengths: boolean }) {
    this.#prefix = lengths ? LENGTH_BYTES : 0
  }

  get count(): number {
    return this.#ends.length
  }

  /** All values in Parquet's PLAIN encoding, one after the other; a view, valid until the next change. */
  get plain(): Buffer {
    return this.#plain.subarray(0, this.#end(this.count - 1))
  }

  /** A value in PLAIN encoding; a view. */
  plainOf(code: number): Buffer {
    return this.#plain.subarray(this.#end(code - 1), this.#end(code))
  }

  /** Bytes of a value in PLAIN encoding. */
  plainBytes(code: number): number {
    return this.#end(code) - this.#end(code - 1)
  }

  /** The value itself; a view. */
  value(code: number): Buffer {
    return this.#plain.subarray(this.#end(code - 1) + this.#prefix, this.#end(code))
  }

  /** Which of two values comes first, by their bytes: negative for the first. */
  compare(code: number, other: number): number {
    const plain = this.#plain
    const end = this.#ends[code]!
    const otherEnd = this.#ends[other]!
    let at = this.#end(code - 1) + this.#prefix
    let otherAt = this.#end(other - 1) + this.#prefix
    for (; at < end && otherAt < otherEnd; at++, otherAt++) {
      const difference = plain[at]! - plain[otherAt]!
      if (difference !== 0) return difference
    }
    return end - at - (otherEnd - otherAt)
  }

  /** The number of the value that lies there. */
  code(source: Uint8Array, start: number, end: number): number {
    const hash = hashOf(source, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]! - 1
      if (this.#hashes[code] === hash && this.#is(code, source, start, end)) return code
    }
    return this.#add(source.subarray(start, end), hash)
  }

  /** The number of a text. */
  codeOfText(text: string): number {
    let code = this.#codeOfText.get(text)
    if (code === undefined) {
      const bytes = Buffer.from(text)
      code = this.code(bytes, 0, bytes.length)
      this.#codeOfText.set(text, code)
    }
    return code
  }

  #end(code: number): number {
    return code < 0 ? 0 : this.#ends[code]!
  }

  #is(code: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#end(code - 1) + this.#prefix
    if (this.#ends[code]! - from !== end - start) return false
    for (let i = start, at = from; i < end; i++, at++) if (source[i] !== this.#plain[at]) return false
    return true
  }

  #add(value: Uint8Array, hash: number): number {
    if (this.#prefix > 0 && !isUtf8(value)) {
      const text = Buffer.from(Buffer.from(value).toString())
      return this.code(text, 0, text.length)
    }
    const code = this.count
    const from = this.#end(code - 1)
    const end = from + this.#prefix + value.length
    if (end > this.#plain.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, 2 * this.#plain.length))
      this.#plain.copy(grown, 0, 0, from)
      this.#plain = grown
    }
    if (this.#prefix > 0) this.#plain.writeUInt32LE(value.length, from)
    this.#plain.set(value, from + this.#prefix)
    this.#ends.push(end)
    this.#hashes.push(hash)
    if (2 * this.count <= this.#slots.length) this.#place(code)
    else {
      this.#slots = new Int32Array(4 * this.#slots.length)
      for (let each = 0; each <= code; each++) this.#place(each)
    }
    return code
  }

  #place(code: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[code]! & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = code + 1
  }
}

/** FNV-1a, its high bits folded into the low ones, which choose the slot. */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}
