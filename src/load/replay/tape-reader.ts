import { closeSync, openSync, readSync } from 'node:fs'
import { RepError } from '../../errors/rep-error.ts'
import { TAPE_HEAD_BYTES } from './tape-writer.ts'

const CHUNK_BYTES = 2 ** 20
/** Magic byte, schema id, and the length of the trace id, with which every encoded action begins. */
const TRACE_ID_AT = 6
const TRACE_ID_CHARS = 36

/** Reads a tape event by event, without waiting: a chunk comes from the file every few thousand events. */
export class TapeReader {
  /** Time of the present event, ms since the tape's first. */
  timeMs = 0
  readonly #path: string
  #file: number
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  /** The present event begins at `#at`, its key at `#keyAt`, its value at `#valueAt`; the next one at `#next`. */
  #keyAt = 0
  #valueAt = 0
  #next = 0
  #end = 0

  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'r')
  }

  /** Goes on to the next event; false after the last. */
  next(): boolean {
    const at = this.#need(TAPE_HEAD_BYTES)
    if (at < 0) return false
    const keyBytes = this.#buffer.readUInt16LE(at)
    const bytes = TAPE_HEAD_BYTES + keyBytes + this.#buffer.readUInt32LE(at + 2)
    const start = this.#need(bytes)
    if (start < 0) throw new RepError('REP_INTERNAL', `The tape ${this.#path} ends within an event.`)
    this.timeMs = this.#buffer.readDoubleLE(start + 6)
    this.#keyAt = start + TAPE_HEAD_BYTES
    this.#valueAt = this.#keyAt + keyBytes
    this.#next = start + bytes
    return true
  }

  /** Key and value of the present event, one after the other; valid until the next one. */
  get keyAndValue(): Uint8Array {
    return this.#buffer.subarray(this.#keyAt, this.#next)
  }

  get keyBytes(): number {
    return this.#valueAt - this.#keyAt
  }

  /** Trace id of the present event. */
  get traceId(): string {
    const from = this.#valueAt + TRACE_ID_AT
    return this.#buffer.toString('latin1', from, from + TRACE_ID_CHARS)
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file)
    this.#file = -1
  }

  /** Position of so many unread bytes; -1 at the end of the tape. */
  #need(bytes: number): number {
    while (this.#end - this.#next < bytes) if (!this.#read(bytes)) return -1
    return this.#next
  }

  #read(bytes: number): boolean {
    if (this.#file < 0) return false
    const left = this.#end - this.#next
    const target = bytes > this.#buffer.length ? Buffer.allocUnsafe(2 * bytes) : this.#buffer
    this.#buffer.copy(target, 0, this.#next, this.#end)
    this.#buffer = target
    this.#next = 0
    this.#end = left
    const read = readSync(this.#file, target, left, target.length - left, null)
    this.#end += read
    if (read === 0) this.close()
    return read > 0
  }
}
