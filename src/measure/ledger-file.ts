import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Stream } from '../domain/trace-id.ts'
import { RepError } from '../errors/rep-error.ts'
import type { FinalReading } from './final-read.ts'
import { type LedgerBuffers, openLedger } from './ledger.ts'

/** One stream of a shard's ledger: what the shard knows of every event of the whole schedule. */
export interface StreamMarks {
  readonly stream: Stream
  readonly tag: number
  readonly stages: readonly string[]
  /** State of its append by event (APPEND); 0 for an event that another shard sends. */
  readonly states: Uint8Array
  /** Effects that this shard's stages applied, by stage and event (FOUND, or how often). */
  readonly effects: readonly Uint8Array[]
  /** What the final read found, by event (MARK). */
  readonly marks: Uint16Array
}

interface Header {
  readonly format: 'rep.ledger/1'
  readonly streams: readonly (Pick<StreamMarks, 'stream' | 'tag' | 'stages'> & { readonly events: number })[]
}

/**
 * `ledger.bin`: gzip of a line of JSON, then by stream the states (1 byte an event), each stage's effects (1 byte)
 * and the marks of the final read (2 bytes, little-endian).
 */
export async function encodeLedger(
  buffers: LedgerBuffers,
  reading: Pick<FinalReading, 'marks'>,
): Promise<Buffer> {
  const streams = openLedger(buffers).map((account, i) => ({ account, marks: reading.marks[i]! }))
  const parts: Uint8Array[] = []
  const headers = streams.map(({ account, marks }) => {
    const { stream, tag, stages } = account
    const events = lastUsed([account.states, ...account.effects, marks]) + 1
    parts.push(account.states.slice(0, events))
    for (const effects of account.effects) parts.push(effects.slice(0, events))
    parts.push(littleEndian(marks, events))
    return { stream, tag, stages, events }
  })
  const header: Header = { format: 'rep.ledger/1', streams: headers }
  return promisify(gzip)(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]))
}

/** Reads what `encodeLedger` made. Rejects with REP_INPUT where the file is not one, or not whole. */
export async function readLedger(path: string): Promise<readonly StreamMarks[]> {
  try {
    return decode(await promisify(gunzip)(await readFile(path)))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new RepError('REP_INPUT', `${path} is not a ledger of a shard: ${why}`, { cause: error })
  }
}

function decode(bytes: Buffer): readonly StreamMarks[] {
  const lineEnd = bytes.indexOf(0x0a)
  const header = JSON.parse(bytes.subarray(0, Math.max(0, lineEnd)).toString()) as Header
  if (header.format !== 'rep.ledger/1') throw new Error(`its format is ${String(header.format)}`)
  let at = lineEnd + 1
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('it ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  return header.streams.map(({ stream, tag, stages, events }) => {
    const states = take(events)
    const effects = stages.map(() => take(events))
    const pairs = take(2 * events)
    const marks = Uint16Array.from({ length: events }, (_, i) => pairs.readUInt16LE(2 * i))
    return { stream, tag, stages, states, effects, marks }
  })
}

/** The last event that any of the arrays knows of; -1 for none. */
function lastUsed(arrays: readonly (Uint8Array | Uint16Array)[]): number {
  return Math.max(...arrays.map((array) => array.findLastIndex((value) => value !== 0)))
}

function littleEndian(marks: Uint16Array, events: number): Buffer {
  const bytes = Buffer.alloc(2 * events)
  for (let i = 0; i < events; i++) bytes.writeUInt16LE(marks[i]!, 2 * i)
  return bytes
}
