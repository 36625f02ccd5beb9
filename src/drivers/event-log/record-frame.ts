import { RepError } from '../../errors/rep-error.ts'
import type { LogRecord, StoredRecord } from '../../ports/event-log.ts'

/*
 * One entry holds the records of one append to one partition, little-endian:
 *   base offset f64 | append time in ms f64 | record count u32 | 0 u32
 *   then by record: due time in µs f64 | key length u32 | value length u32 | headers length u32 | key | value | headers
 * Headers: by header: name length u16 | value length u32 | name in UTF-8 | value.
 */
export const FRAME_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 20
const HEADER_LENGTHS_BYTES = 6

/** Writes the frame's own header. */
export function writeFrameHeader(frame: Buffer, base: number, timestampMs: number, count: number): void {
  frame.writeDoubleLE(base, 0)
  frame.writeDoubleLE(timestampMs, 8)
  frame.writeUInt32LE(count, 16)
  frame.writeUInt32LE(0, 20)
}

export const frameBase = (frame: Buffer): number => frame.readDoubleLE(0)
export const frameTimestampMs = (frame: Buffer): number => frame.readDoubleLE(8)
export const frameCount = (frame: Buffer): number => frame.readUInt32LE(16)

/** Bytes that a record takes in a frame. */
export function recordBytes(record: LogRecord): number {
  return RECORD_HEADER_BYTES + record.key.length + record.value.length + headersBytes(record.headers)
}

/** Writes one record; returns where the next one begins. */
export function writeRecord(target: Buffer, at: number, record: LogRecord): number {
  const { key, value, headers } = record
  target.writeDoubleLE(record.dueUs, at)
  target.writeUInt32LE(key.length, at + 8)
  target.writeUInt32LE(value.length, at + 12)
  const keyAt = at + RECORD_HEADER_BYTES
  const valueAt = keyAt + key.length
  const headersAt = valueAt + value.length
  target.set(key, keyAt)
  target.set(value, valueAt)
  const end = headers === undefined ? headersAt : writeHeaders(target, headersAt, headers)
  target.writeUInt32LE(end - headersAt, at + 16)
  return end
}

/** Where the record after the one at `at` begins. */
export function skipRecord(frame: Buffer, at: number): number {
  const lengths = frame.readUInt32LE(at + 8) + frame.readUInt32LE(at + 12) + frame.readUInt32LE(at + 16)
  return at + RECORD_HEADER_BYTES + lengths
}

/** Where a record was stored. */
export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
}

/** The record at `at`; its key, value and headers are views into the frame. */
export function readRecord(frame: Buffer, at: number, place: RecordPlace): StoredRecord {
  const dueUs = frame.readDoubleLE(at)
  const keyAt = at + RECORD_HEADER_BYTES
  const valueAt = keyAt + frame.readUInt32LE(at + 8)
  const headersAt = valueAt + frame.readUInt32LE(at + 12)
  const headersLength = frame.readUInt32LE(at + 16)
  const key = frame.subarray(keyAt, valueAt)
  const value = frame.subarray(valueAt, headersAt)
  const { topic, partition, offset, timestampMs } = place
  if (headersLength === 0) return { key, value, dueUs, topic, partition, offset, timestampMs }
  const headers = readHeaders(frame, headersAt, headersAt + headersLength)
  return { key, value, dueUs, headers, topic, partition, offset, timestampMs }
}

function headersBytes(headers: LogRecord['headers']): number {
  if (headers === undefined) return 0
  let bytes = 0
  for (const name of Object.keys(headers)) {
    const nameBytes = Buffer.byteLength(name)
    if (nameBytes > 0xffff) {
      throw new RepError('REP_CODEC', `A header's name has ${nameBytes} bytes; at most 65535 can be stored.`)
    }
    bytes += HEADER_LENGTHS_BYTES + nameBytes + headers[name]!.length
  }
  return bytes
}

function writeHeaders(target: Buffer, start: number, headers: Readonly<Record<string, Uint8Array>>): number {
  let at = start
  for (const name of Object.keys(headers)) {
    const value = headers[name]!
    const nameLength = target.write(name, at + HEADER_LENGTHS_BYTES)
    target.writeUInt16LE(nameLength, at)
    target.writeUInt32LE(value.length, at + 2)
    at += HEADER_LENGTHS_BYTES + nameLength
    target.set(value, at)
    at += value.length
  }
  return at
}

function readHeaders(frame: Buffer, start: number, end: number): Record<string, Uint8Array> {
  const entries: [string, Uint8Array][] = []
  for (let at = start; at < end; ) {
    const nameAt = at + HEADER_LENGTHS_BYTES
    const valueAt = nameAt + frame.readUInt16LE(at)
    const next = valueAt + frame.readUInt32LE(at + 2)
    entries.push([frame.toString('utf8', nameAt, valueAt), frame.subarray(valueAt, next)])
    at = next
  }
  return Object.fromEntries(entries)
}
