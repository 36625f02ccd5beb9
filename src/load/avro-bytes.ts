/**
 * Avro's binary encoding (specification 1.11, "Binary Encoding") of the parts that events repeat, made once
 * and copied into each event. Unions here are always `["null", T]`: null is branch 0, a value branch 1.
 */

const text = new TextEncoder()
const NULL = [0]

/** A union's null. */
export const nothing = (): number[] => NULL

/** A union's value. */
export const some = (encoded: readonly number[]): number[] => [2, ...encoded]

export function avroString(value: string): number[] {
  const bytes = text.encode(value)
  return [...avroInt(bytes.length), ...bytes]
}

export function avroDouble(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)]
}

/** An int or long that fits in 31 bits, zig-zag and in groups of seven bits. */
export function avroInt(value: number): number[] {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return bytes
}

/** A map of strings: one block of all entries, then the empty block. */
export function avroStringMap(entries: Readonly<Record<string, string>>): number[] {
  const pairs = Object.entries(entries)
  if (pairs.length === 0) return NULL
  const bytes = pairs.flatMap(([key, value]) => [...avroString(key), ...avroString(value)])
  return [...avroInt(pairs.length), ...bytes, 0]
}

/** Writes a non-negative long below 2^52, as Avro has it; returns the position after it. */
export function writeLong(target: Uint8Array, from: number, value: number): number {
  let at = from
  let rest = value * 2
  while (rest > 127) {
    target[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  target[at++] = rest
  return at
}

/** Byte strings by number, one after another in one buffer. */
export class Fragments {
  readonly bytes: Uint8Array
  /** Fragment i is `bytes[offsets[i]]` to `bytes[offsets[i + 1]]`. */
  readonly offsets: Uint32Array
  readonly longest: number

  constructor(fragments: readonly ArrayLike<number>[]) {
    this.offsets = new Uint32Array(fragments.length + 1)
    fragments.forEach((fragment, i) => {
      this.offsets[i + 1] = this.offsets[i]! + fragment.length
    })
    this.bytes = new Uint8Array(this.offsets[fragments.length]!)
    fragments.forEach((fragment, i) => {
      this.bytes.set(fragment, this.offsets[i]!)
    })
    this.longest = fragments.reduce((most, fragment) => Math.max(most, fragment.length), 0)
  }

  /** Copies a fragment; returns the position after it. Fragments are short: a loop beats a call. */
  copy(index: number, target: Uint8Array, from: number): number {
    const { bytes, offsets } = this
    const end = offsets[index + 1]!
    let at = from
    for (let i = offsets[index]!; i < end; i++) target[at++] = bytes[i]!
    return at
  }
}
