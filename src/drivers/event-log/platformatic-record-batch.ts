import { type CompressionAlgorithmValue, compressionsAlgorithms, crc32c } from '@platformatic/kafka'
import type { LogRecord } from '../../ports/event-log.ts'
import { ATTRIBUTES_AT, HEAD_BYTES, LENGTH_AT, MAGIC, MAGIC_AT } from './kafka-batch-format.ts'
import { DUE_HEADER } from './kafka-headers.ts'

/** Who numbers the records of a partition, and the number of the batch's first one. */
export interface BatchIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
}

export interface BatchOptions extends BatchIdentity {
  readonly timestampMs: number
  readonly compression: CompressionAlgorithmValue
}

const CRC_AT = 17

/** Most bytes of a record beside key, value and headers: five lengths and counts of at most 5 bytes, two of 1 byte. */
const RECORD_OVERHEAD_BYTES = 27
const HEADER_OVERHEAD_BYTES = 10
/** The due time's header up to its value: length of the name, the name, length of the value. */
const DUE_START = Buffer.concat([
  Buffer.from([DUE_HEADER.length * 2]),
  Buffer.from(DUE_HEADER),
  Buffer.from([16]),
])
const DUE_HEADER_BYTES = DUE_START.length + 8

/**
 * A record batch of one partition, as brokers store it; in memory of its own. The client's own encoder takes about
 * four times as long: it keeps every number of every record as a buffer and joins them in the end.
 */
export function encodeBatch(records: readonly LogRecord[], options: BatchOptions): Buffer {
  const batch = Buffer.allocUnsafe(HEAD_BYTES + mostBytes(records))
  let at = HEAD_BYTES
  for (let i = 0; i < records.length; i++)
    at = writeRecord(batch, at, { record: records[i]!, offsetDelta: i })
  const { compression } = options
  if (compression === 'none') return finish(batch.subarray(0, at), records.length, options)
  const compressed = compressionsAlgorithms[compression].compressSync(batch.subarray(HEAD_BYTES, at))
  return finish(Buffer.concat([batch.subarray(0, HEAD_BYTES), compressed]), records.length, options)
}

function finish(batch: Buffer, count: number, options: BatchOptions): Buffer {
  const { timestampMs, producerId, producerEpoch, baseSequence, compression } = options
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT)
  batch.writeInt32BE(-1, LENGTH_AT + 4)
  batch.writeInt8(MAGIC, MAGIC_AT)
  batch.writeInt16BE(compressionsAlgorithms[compression].bitmask, ATTRIBUTES_AT)
  batch.writeInt32BE(count - 1, 23)
  batch.writeBigInt64BE(BigInt(timestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestampMs), 35)
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(producerEpoch, 51)
  batch.writeInt32BE(baseSequence, 53)
  batch.writeInt32BE(count, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT)
  return batch
}

function mostBytes(records: readonly LogRecord[]): number {
  let bytes = 0
  for (let i = 0; i < records.length; i++) {
    const { key, value, headers } = records[i]!
    bytes += RECORD_OVERHEAD_BYTES + DUE_HEADER_BYTES + key.length + value.length
    if (headers === undefined) continue
    for (const name of Object.keys(headers)) {
      bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + headers[name]!.length
    }
  }
  return bytes
}

function writeRecord(
  target: Buffer,
  start: number,
  { record, offsetDelta }: { record: LogRecord; offsetDelta: number },
): number {
  const { key, value, dueUs, headers } = record
  const names = headers === undefined ? NONE : Object.keys(headers)
  const headerCount = names.length + (dueUs === 0 ? 0 : 1)
  // Attributes and the timestamp's delta are a 0 each.
  let bytes = 2 + varIntBytes(offsetDelta) + varIntBytes(key.length) + key.length
  bytes += varIntBytes(value.length) + value.length + varIntBytes(headerCount)
  if (dueUs !== 0) bytes += DUE_HEADER_BYTES
  for (const name of names) bytes += headerBytes(name, headers![name]!)
  let at = writeVarInt(target, start, bytes)
  target[at++] = 0
  target[at++] = 0
  at = writeVarInt(target, at, offsetDelta)
  at = writeBytes(target, at, key)
  at = writeBytes(target, at, value)
  at = writeVarInt(target, at, headerCount)
  if (dueUs !== 0) {
    target.set(DUE_START, at)
    at = target.writeDoubleLE(dueUs, at + DUE_START.length)
  }
  for (const name of names) {
    at = writeVarInt(target, at, Buffer.byteLength(name))
    at += target.write(name, at)
    at = writeBytes(target, at, headers![name]!)
  }
  return at
}

const NONE: readonly string[] = []

function headerBytes(name: string, value: Uint8Array): number {
  const nameBytes = Buffer.byteLength(name)
  return varIntBytes(nameBytes) + nameBytes + varIntBytes(value.length) + value.length
}

function writeBytes(target: Buffer, start: number, bytes: Uint8Array): number {
  const at = writeVarInt(target, start, bytes.length)
  target.set(bytes, at)
  return at + bytes.length
}

/** Zigzag, of a number that is not negative. */
function writeVarInt(target: Buffer, start: number, value: number): number {
  let rest = value * 2
  let at = start
  while (rest > 127) {
    target[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

function varIntBytes(value: number): number {
  const doubled = value * 2
  if (doubled < 2 ** 7) return 1
  if (doubled < 2 ** 14) return 2
  if (doubled < 2 ** 21) return 3
  return doubled < 2 ** 28 ? 4 : 5
}
