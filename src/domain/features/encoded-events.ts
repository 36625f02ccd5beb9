import { ACTION_TYPES } from '../events.ts'
import type { FeatureEvent } from './definitions.ts'

const COMMA = 44
const EMPTY = Buffer.alloc(0)

/** An event as it is stored. */
export type PackedEvent = readonly [string, number, number, string | null, string | null, number | null]

export function unpackEvent([
  traceId,
  timestamp,
  type,
  productId,
  category,
  price,
]: PackedEvent): FeatureEvent {
  return { traceId, timestamp, actionType: ACTION_TYPES[type]!, productId, category, price }
}

/**
 * The events of one state as JSON, kept from one storing to the next: a user who does much has hundreds of
 * events, of which a settlement adds a few and drops a few. What is the same event at the same place is not encoded
 * again.
 */
export class EncodedEvents {
  #bytes: Buffer = EMPTY
  /** Bytes before this one are of events that were dropped. */
  #start = 0
  #events: FeatureEvent[] = []
  /** Where each one ends, its comma included. */
  #ends: number[] = []

  /** Elements of a JSON array, with commas between; valid until the next call. */
  update(events: readonly FeatureEvent[]): Uint8Array {
    this.#dropFirst(events[0])
    let same = 0
    while (same < this.#events.length && this.#events[same] === events[same]) same++
    this.#events.length = same
    this.#ends.length = same
    for (let at = same; at < events.length; at++) this.#append(events[at]!)
    return this.#bytes.subarray(this.#start, Math.max(this.#start, this.#end - 1))
  }

  get #end(): number {
    return this.#ends.at(-1) ?? this.#start
  }

  #dropFirst(first: FeatureEvent | undefined): void {
    const found = first === undefined ? -1 : this.#events.indexOf(first)
    const gone = found < 0 ? this.#events.length : found
    if (gone === 0) return
    this.#start = this.#ends[gone - 1]!
    this.#events.splice(0, gone)
    this.#ends.splice(0, gone)
  }

  #append(event: FeatureEvent): void {
    const { traceId, timestamp, actionType, productId, category, price } = event
    const type = ACTION_TYPES.indexOf(actionType)
    const packed: PackedEvent = [traceId, timestamp, type, productId, category, price]
    const text = JSON.stringify(packed)
    this.#makeRoom(Buffer.byteLength(text) + 1)
    let end = this.#end
    end += this.#bytes.write(text, end)
    this.#bytes[end] = COMMA
    this.#events.push(event)
    this.#ends.push(end + 1)
  }

  /** Moves what is kept to the beginning, of a longer buffer where it fills more than half of this one. */
  #makeRoom(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const start = this.#start
    const kept = this.#bytes.subarray(start, this.#end)
    const room = 2 * (kept.length + more)
    // Of its own and not of the pool, which would keep what was outgrown.
    const bytes = room > this.#bytes.length ? Buffer.allocUnsafeSlow(room) : this.#bytes
    bytes.set(kept)
    this.#bytes = bytes
    this.#start = 0
    for (let i = 0; i < this.#ends.length; i++) this.#ends[i]! -= start
  }
}
