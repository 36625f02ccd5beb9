import { type FileHandle, open } from 'node:fs/promises'

/** Length of key (16 bits) and value (32 bits), then the time in ms since the tape's first (64-bit float). */
export const TAPE_HEAD_BYTES = 14
const FLUSH_BYTES = 2 ** 20

/**
 * Writes encoded events one after another into a file, to be driven from there: while a run is measured,
 * nothing is parsed or encoded, and memory does not depend on how many events there are.
 */
export class TapeWriter {
  readonly #file: FileHandle
  #buffer = Buffer.allocUnsafe(2 * FLUSH_BYTES)
  #used = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Makes the file anew. */
  static async create(path: string): Promise<TapeWriter> {
    return new TapeWriter(await open(path, 'w'))
  }

  /** Adds an event; call `flush` now and then. Keys are shorter than 64 KiB. */
  add(timeMs: number, key: Uint8Array, value: Uint8Array): void {
    const end = this.#used + TAPE_HEAD_BYTES + key.length + value.length
    if (end > this.#buffer.length) this.#grow(end)
    const buffer = this.#buffer
    let at = buffer.writeUInt16LE(key.length, this.#used)
    at = buffer.writeUInt32LE(value.length, at)
    at = buffer.writeDoubleLE(timeMs, at)
    buffer.set(key, at)
    buffer.set(value, at + key.length)
    this.#used = end
  }

  /** Hands on to the file what has come together. */
  async flush(leastBytes = FLUSH_BYTES): Promise<void> {
    if (this.#used < leastBytes) return
    let written = 0
    while (written < this.#used) {
      written += (await this.#file.write(this.#buffer, written, this.#used - written)).bytesWritten
    }
    this.#used = 0
  }

  async close(): Promise<void> {
    try {
      await this.flush(0)
    } finally {
      await this.#file.close()
    }
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(2 * bytes)
    larger.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = larger
  }
}
