import { RepError } from '../errors/rep-error.ts'
import { readUuid, writeUuid } from './uuid.ts'

/**
 * A user's preference as it is stored under `user:preference:{userId}`. All numbers are little-endian:
 *
 * | bytes | type | field |
 * | --- | --- | --- |
 * | 0-7 | u64 | version: offset of the last applied action + 1 (the version of a compare-and-set) |
 * | 8 | u8 | format, 1 |
 * | 9 | u8 | number of recent purchases, r |
 * | 10-11 | u16 | partition of the user's actions |
 * | 12-15 | u32 | number of actions applied |
 * | 16-23 | f64 | time of the update, milliseconds since the epoch |
 * | 24-39 | 16 bytes | trace id of the last applied action |
 * | 40-41 | u16 | dims, d |
 * | 42-43 | u16 | 0 |
 * | 44- | d f32 | vector |
 * | then | r times u16, UTF-8 | length and id of each recently bought product, newest first |
 */
export interface PreferenceRecord {
  /** Offset of the last applied action. */
  offset: number
  partition: number
  actionCount: number
  updatedAtMs: number
  lastTraceId: string
  /** Length at most 1; zero while no action has said anything about taste. */
  vector: Float32Array
  /** Ids of the last products bought, newest first, each once, at most `RECENT_PURCHASES`. */
  recentPurchases: readonly string[]
}

/** Most purchases that a record keeps. */
export const RECENT_PURCHASES = 16

const FORMAT = 1
const VECTOR_AT = 44
const MAX_ID_BYTES = 0xffff
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

export function preferenceKey(userId: string): string {
  return `user:preference:${userId}`
}

/** Bytes of an encoded record. */
export function preferenceBytes(record: PreferenceRecord): number {
  let size = VECTOR_AT + 4 * record.vector.length
  for (const id of record.recentPurchases) size += 2 + Buffer.byteLength(id)
  return size
}

/** The record's bytes, fresh. */
export function encodePreference(record: PreferenceRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(preferenceBytes(record))
  writePreference(record, bytes, 0)
  return bytes
}

/** Writes a record's `preferenceBytes` and returns where they end. Product ids have at most 65,535 bytes. */
export function writePreference(record: PreferenceRecord, target: Buffer, start: number): number {
  const { vector, recentPurchases } = record
  writeUint64(target, record.offset + 1, start)
  target[start + 8] = FORMAT
  target[start + 9] = recentPurchases.length
  target.writeUInt16LE(record.partition, start + 10)
  target.writeUInt32LE(record.actionCount, start + 12)
  target.writeDoubleLE(record.updatedAtMs, start + 16)
  writeUuid(record.lastTraceId, target, start + 24)
  target.writeUInt16LE(vector.length, start + 40)
  target.writeUInt16LE(0, start + 42)
  writeVector(target, vector, start + VECTOR_AT)
  let at = start + VECTOR_AT + 4 * vector.length
  for (const id of recentPurchases) {
    const length = target.write(id, at + 2)
    target.writeUInt16LE(length, at)
    at += 2 + length
  }
  return at
}

/**
 * Reads a record. Its vector is written into `vector` where that is given and has its length. Else it is a view of
 * `bytes` where their alignment allows it, and as short-lived as they are: copy it before the store's next call.
 * Throws REP_CODEC when the bytes are not such a record.
 */
export function decodePreference(bytes: Uint8Array, vector?: Float32Array): PreferenceRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < VECTOR_AT) throw bad(`${buffer.length} bytes are too few`)
  if (buffer[8] !== FORMAT) throw bad(`format ${buffer[8]} is not ${FORMAT}`)
  const dims = buffer.readUInt16LE(40)
  const end = VECTOR_AT + 4 * dims
  if (buffer.length < end) throw bad(`${buffer.length} bytes are too few for ${dims} dimensions`)
  return {
    offset: buffer.readUInt32LE(0) + buffer.readUInt32LE(4) * 0x1_0000_0000 - 1,
    partition: buffer.readUInt16LE(10),
    actionCount: buffer.readUInt32LE(12),
    updatedAtMs: buffer.readDoubleLE(16),
    lastTraceId: readUuid(buffer, 24),
    vector: vector?.length === dims ? copyVector(buffer, vector) : readVector(buffer, dims),
    recentPurchases: readPurchases(buffer, end),
  }
}

/** The list after a purchase: newest first, each product once, the oldest dropped; an id too long is left out. */
export function addPurchase(recent: readonly string[], productId: string): readonly string[] {
  if (productId.length * 3 > MAX_ID_BYTES) return recent
  return [productId, ...recent.filter((id) => id !== productId)].slice(0, RECENT_PURCHASES)
}

function readPurchases(buffer: Buffer, start: number): readonly string[] {
  const purchases: string[] = []
  let at = start
  for (let left = buffer[9]!; left > 0; left--) {
    const length = at + 2 <= buffer.length ? buffer.readUInt16LE(at) : buffer.length
    if (at + 2 + length > buffer.length) throw bad('the list of purchases is cut off')
    purchases.push(buffer.toString('utf8', at + 2, at + 2 + length))
    at += 2 + length
  }
  if (at !== buffer.length) throw bad(`${buffer.length - at} trailing bytes`)
  return purchases
}

function copyVector(buffer: Buffer, vector: Float32Array): Float32Array {
  const { byteLength, length } = vector
  if (LITTLE_ENDIAN)
    new Uint8Array(vector.buffer, vector.byteOffset, byteLength).set(vectorBytes(buffer, length))
  else for (let i = 0; i < length; i++) vector[i] = buffer.readFloatLE(VECTOR_AT + 4 * i)
  return vector
}

function vectorBytes(buffer: Buffer, dims: number): Uint8Array {
  return buffer.subarray(VECTOR_AT, VECTOR_AT + 4 * dims)
}

function readVector(buffer: Buffer, dims: number): Float32Array {
  const at = buffer.byteOffset + VECTOR_AT
  if (LITTLE_ENDIAN && at % 4 === 0) return new Float32Array(buffer.buffer, at, dims)
  if (LITTLE_ENDIAN) return new Float32Array(buffer.buffer.slice(at, at + 4 * dims))
  return Float32Array.from({ length: dims }, (_, i) => buffer.readFloatLE(VECTOR_AT + 4 * i))
}

function writeVector(target: Buffer, vector: Float32Array, start: number): void {
  if (LITTLE_ENDIAN) target.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), start)
  else for (let i = 0; i < vector.length; i++) target.writeFloatLE(vector[i]!, start + 4 * i)
}

function writeUint64(target: Buffer, value: number, start: number): void {
  target.writeUInt32LE(value % 0x1_0000_0000, start)
  target.writeUInt32LE(Math.floor(value / 0x1_0000_0000), start + 4)
}

function bad(reason: string): RepError {
  return new RepError('REP_CODEC', `Not a preference record: ${reason}.`)
}
