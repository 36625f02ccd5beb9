import type { LogRecord } from '../ports/event-log.ts'
import type { PostRequest } from './posts/post-request.ts'

interface BatchRecord extends LogRecord {
  key: Uint8Array
  value: Uint8Array
  dueUs: number
}

const NO_BYTES = new Uint8Array(0)

/**
 * Events that are handed to a driver at once, and the memory that holds their bytes. Whoever gets the
 * records may use them until the append has settled; then the batch is cleared and filled again, records
 * and slab included. A sink that keeps bytes for longer copies them.
 */
export class EventBatch {
  readonly capacity: number
  /** What the driver gets; due times are on the host's monotonic clock. */
  readonly records: LogRecord[] = []
  /** By position: due time since the start of the run, and the number in its stream's schedule. */
  readonly dueUs: Float64Array
  readonly sequences: Float64Array
  /** By position, once settled: see OUTCOME. */
  readonly outcomes: Uint8Array
  /** When the batch was handed to the driver, and when its append settled; host's monotonic clock. */
  sendUs = 0
  doneUs = 0
  /** When it was whole, µs since the start of the run: where events wait for others, after most due times. */
  readyUs = 0
  /** The request that its one event is, where it is none of the kind that every event is sent by. */
  request: PostRequest | null = null
  /** Start of the run on the host's monotonic clock; 0 leaves due times relative. */
  readonly originUs: number
  /** Values are written into it from `used` on. */
  slab: Uint8Array
  used = 0
  readonly #spare: BatchRecord[]

  constructor(capacity: number, originUs = 0, slabBytes = 64 * 1024) {
    this.capacity = capacity
    this.originUs = originUs
    this.dueUs = new Float64Array(capacity)
    this.sequences = new Float64Array(capacity)
    this.outcomes = new Uint8Array(capacity)
    this.slab = new Uint8Array(slabBytes)
    this.#spare = Array.from({ length: capacity }, () => ({ key: NO_BYTES, value: NO_BYTES, dueUs: 0 }))
  }

  get count(): number {
    return this.records.length
  }

  get full(): boolean {
    return this.records.length === this.capacity
  }

  clear(): void {
    this.records.length = 0
    this.used = 0
    this.readyUs = 0
    this.request = null
  }

  /** Makes room for a value of at most `bytes` bytes at `used`; earlier values keep their old slab. */
  reserve(bytes: number): void {
    if (this.used + bytes <= this.slab.length) return
    this.slab = new Uint8Array(Math.max(2 * this.slab.length, bytes))
    this.used = 0
  }

  /** Adds an event whose value was written into the slab from `used` to `end`. */
  addWritten(key: Uint8Array, end: number, dueUs: number, sequence: number): void {
    this.add(key, new Uint8Array(this.slab.buffer, this.used, end - this.used), dueUs, sequence)
    this.used = end
  }

  /** Adds an event whose value has memory of its own. */
  add(key: Uint8Array, value: Uint8Array, dueUs: number, sequence: number): void {
    const position = this.records.length
    const record = this.#spare[position]!
    record.key = key
    record.value = value
    record.dueUs = this.originUs + dueUs
    this.dueUs[position] = dueUs
    this.sequences[position] = sequence
    this.records.push(record)
  }
}
