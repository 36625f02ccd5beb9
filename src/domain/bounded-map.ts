import avro from 'avsc'

/** The part of avsc's reader that a type sees: the bytes and how far it is. Past the end means invalid. */
interface Tap {
  readonly buf: Buffer
  pos: number
  readLong(): number
  readString(): string
}

/**
 * A map of strings whose reader checks every count against the bytes that are left. avsc's own trusts the
 * count, so that a few damaged bytes could keep a consumer busy for hours.
 */
export class BoundedMapType extends avro.types.MapType {
  _read(tap: Tap): Record<string, string> {
    const map: Record<string, string> = {}
    for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
      while (count-- > 0) {
        const key = tap.readString()
        map[key] = tap.readString()
      }
    }
    return map
  }

  _skip(tap: Tap): void {
    for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
      for (let strings = 2 * count; strings > 0; strings--) {
        const bytes = tap.readLong()
        tap.pos += bytes < 0 ? tap.buf.length + 1 : bytes
      }
    }
  }
}

/** Entries in the next block; 0 at the end, and where the count cannot be true: then the tap is invalid. */
function blockSize(tap: Tap): number {
  if (tap.pos > tap.buf.length) return 0
  let count = tap.readLong()
  if (count < 0) {
    count = -count
    tap.readLong() // the block's size in bytes: not needed
  }
  // An entry is two strings, each of at least its one-byte length.
  if (2 * count <= tap.buf.length - tap.pos) return count
  tap.pos = tap.buf.length + 1
  return 0
}
