/** One growing buffer for building keys and values that the store copies before the next call. */
export class Scratch {
  bytes: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(4096)

  /** The buffer, with room for at least `length` bytes; what was in it may be gone. */
  reserve(length: number): Buffer<ArrayBuffer> {
    if (this.bytes.length < length) this.bytes = Buffer.allocUnsafeSlow(length * 2)
    return this.bytes
  }
}
