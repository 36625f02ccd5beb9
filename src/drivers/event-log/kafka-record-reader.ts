import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka'
import type { Position, StoredRecord } from '../../ports/event-log.ts'
import { ATTRIBUTES_AT, HEAD_BYTES, LENGTH_AT, MAGIC, MAGIC_AT } from './kafka-batch-format.ts'
import { DUE_HEADER, decodeDue, namedHeaders } from './kafka-headers.ts'

const LAST_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const COUNT_AT = 57

const COMPRESSION = 0b111
/** Marks of transactions, not records. */
const CONTROL = 1 << 5

const EMPTY = Buffer.alloc(0)
const DUE_NAME = Buffer.from(DUE_HEADER)

export interface ReadRecords {
  readonly records: StoredRecord[]
  /** The offset after the last batch that was read. */
  readonly nextOffset: number
}

/**
 * Reads the record batches of one partition as brokers send them; the last may be cut off and is left then. Keys and
 * values are views of `bytes`, or of what was unpacked. Records before `from` are passed over: a batch comes whole, also
 * where the fetch began in its middle. The client's own decoder makes four buffers, a BigInt and two
 * lists of each record, which was a fifth of all that a stage allocated.
 *
 * Throws an Error for a batch of a format before Kafka 0.11, and for a compression that is not known.
 */
export function readRecordBatches(bytes: Buffer, from: Position): ReadRecords {
  const records: StoredRecord[] = []
  let nextOffset = from.offset
  let at = 0
  while (bytes.length - at >= HEAD_BYTES) {
    const end = at + LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT)
    if (end > bytes.length) break
    const magic = bytes.readInt8(at + MAGIC_AT)
    if (magic !== MAGIC)
      throw new Error(`a record batch has the format ${magic}; rep reads ${MAGIC}, which Kafka 0.11 brought`)
    const baseOffset = Number(bytes.readBigInt64BE(at))
    nextOffset = Math.max(nextOffset, baseOffset + bytes.readInt32BE(at + LAST_DELTA_AT) + 1)
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    if ((attributes & CONTROL) === 0) {
      const packed = bytes.subarray(at + HEAD_BYTES, end)
      const reader = new RecordReader(unpacked(packed, attributes & COMPRESSION), {
        ...from,
        baseOffset,
        baseMs: Number(bytes.readBigInt64BE(at + FIRST_TIMESTAMP_AT)),
      })
      for (let left = bytes.readInt32BE(at + COUNT_AT); left > 0; left--) {
        const record = reader.next()
        if (record.offset >= from.offset) records.push(record)
      }
    }
    at = end
  }
  return { records, nextOffset }
}

function unpacked(packed: Buffer, compression: number): Buffer {
  if (compression === 0) return packed
  const algorithm = compressionsAlgorithmsByBitmask[compression]
  if (algorithm === undefined) throw new Error(`a record batch has the unknown compression ${compression}`)
  return algorithm.decompressSync(packed)
}

interface BatchPlace extends Position {
  readonly baseOffset: number
  readonly baseMs: number
}

/** One batch's records, one after another. */
class RecordReader {
  readonly #bytes: Buffer
  readonly #place: BatchPlace
  #at = 0

  constructor(bytes: Buffer, place: BatchPlace) {
    this.#bytes = bytes
    this.#place = place
  }

  next(): StoredRecord {
    const { topic, partition, baseOffset, baseMs } = this.#place
    const end = this.#varInt() + this.#at
    // Attributes, of which there are none yet.
    this.#at++
    const timestampMs = baseMs + this.#varInt()
    const offset = baseOffset + this.#varInt()
    const key = this.#view() ?? EMPTY
    const value = this.#view() ?? EMPTY
    let dueUs = 0
    let named: [string, Uint8Array][] | null = null
    for (let left = this.#varInt(); left > 0; left--) {
      const length = this.#varInt()
      if (this.#isDue(length)) {
        this.#at += length
        dueUs = decodeDue(this.#view())
      } else {
        const name = this.#bytes.toString('utf8', this.#at, this.#at + length)
        this.#at += length
        named ??= []
        named.push([name, this.#view() ?? EMPTY])
      }
    }
    this.#at = end
    if (named === null) return { key, value, dueUs, topic, partition, offset, timestampMs }
    return { key, value, dueUs, headers: namedHeaders(named), topic, partition, offset, timestampMs }
  }

  /** Compares bytes: making a text of each name would cost more than the rest of the record. */
  #isDue(length: number): boolean {
    return (
      length === DUE_NAME.length &&
      this.#bytes.compare(DUE_NAME, 0, length, this.#at, this.#at + length) === 0
    )
  }

  /** Length and bytes; null for none. */
  #view(): Buffer | null {
    const length = this.#varInt()
    if (length < 0) return null
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, start + length)
  }

  /** Zigzag; exact up to 2^53, above which neither offsets nor times go. */
  #varInt(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#at++]!
    if (byte < 128) return byte & 1 ? -(byte + 1) / 2 : byte / 2
    let value = byte & 127
    let factor = 128
    do {
      byte = bytes[this.#at++]!
      value += (byte & 127) * factor
      factor *= 128
    } while (byte >= 128)
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
}
