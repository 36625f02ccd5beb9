/**
 * Goes through Avro binary data without making values of it. What it takes for valid is what avsc does, with the
 * project's bound on maps; a property test holds it to that. Past the end means invalid: it never comes back from
 * there, so whoever reads looks once, at the end.
 */
export class AvroCursor {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0

  invalidate(): void {
    this.at = this.end + 1
  }

  /** An int or a long. Inexact beyond 2^53, as avsc's: such a number fits nothing. */
  long(): number {
    const { bytes } = this
    const first = bytes[this.at++]!
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let value = first & 0x7f
    let weight = 0x80
    let byte: number
    do {
      byte = this.at < this.end ? bytes[this.at]! : 0
      this.at++
      value += (byte & 0x7f) * weight
      weight *= 0x80
    } while (byte & 0x80)
    return (value % 2 ? -(value + 1) : value) / 2
  }

  /** Passes a string or bytes; returns how many bytes it has. */
  skipBytes(): number {
    const length = this.long()
    if (length < 0) this.invalidate()
    else this.at += length
    return length
  }

  /** Passes a map of strings; a count is checked against the bytes that are left before it is believed. */
  skipMap(): void {
    for (let count = this.blockSize(); count > 0; count = this.blockSize())
      for (let strings = 2 * count; strings > 0; strings--) this.skipBytes()
  }

  /** Entries of a map's next block; 0 at its end, and where the count cannot be true. */
  blockSize(): number {
    if (this.at > this.end) return 0
    let count = this.long()
    if (count < 0) {
      count = -count
      this.long() // the block's size in bytes: not needed
    }
    // An entry is two strings, each of at least its one-byte length.
    if (2 * count <= this.end - this.at) return count
    this.invalidate()
    return 0
  }
}
