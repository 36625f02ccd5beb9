import { crc32 } from 'node:zlib'
import { TOPICS, type TopicName } from '../../domain/topics.ts'
import type { Collected } from './collected.ts'

/**
 * One record in a spool's file, all numbers little-endian: u32 bytes that follow the sum, u32 CRC-32 of these,
 * f64 time of receipt, u16 and topic, u32 and key, then the value up to the end.
 */
const HEAD = 8

/** The records as the bytes of frames. */
export function encodeFrames(records: readonly Collected[]): Buffer {
  return Buffer.concat(records.map(encodeFrame))
}

function encodeFrame({ topic, key, value, receivedMs }: Collected): Buffer {
  const name = Buffer.from(topic)
  const frame = Buffer.allocUnsafe(HEAD + 14 + name.length + key.length + value.length)
  frame.writeUInt32LE(frame.length - HEAD, 0)
  frame.writeDoubleLE(receivedMs, HEAD)
  let at = frame.writeUInt16LE(name.length, HEAD + 8)
  at += name.copy(frame, at)
  at = frame.writeUInt32LE(key.length, at)
  frame.set(key, at)
  frame.set(value, at + key.length)
  frame.writeUInt32LE(crc32(frame.subarray(HEAD)), 4)
  return frame
}

export interface Frames {
  readonly records: readonly Collected[]
  /** Bytes after the last whole frame: what a crash cut off, or damage. */
  readonly rest: number
}

/** Reads frames up to the first that is not whole. The records are views of the bytes. */
export function decodeFrames(bytes: Buffer): Frames {
  const records: Collected[] = []
  let at = 0
  while (at + HEAD <= bytes.length) {
    const end = at + HEAD + bytes.readUInt32LE(at)
    if (end > bytes.length || end < at + HEAD + 14) break
    const body = bytes.subarray(at + HEAD, end)
    if (crc32(body) !== bytes.readUInt32LE(at + 4)) break
    const record = decodeBody(body)
    if (record === null) break
    records.push(record)
    at = end
  }
  return { records, rest: bytes.length - at }
}

function decodeBody(body: Buffer): Collected | null {
  const keyAt = 10 + body.readUInt16LE(8)
  const topic = body.toString('utf8', 10, keyAt)
  if (!isTopic(topic)) return null
  const valueAt = keyAt + 4 + body.readUInt32LE(keyAt)
  const receivedMs = body.readDoubleLE(0)
  return { topic, receivedMs, key: body.subarray(keyAt + 4, valueAt), value: body.subarray(valueAt) }
}

function isTopic(name: string): name is TopicName {
  return TOPICS.some((topic) => topic.name === name)
}
