import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Scenario } from '../config/scenario.ts'
import { RepError } from '../errors/rep-error.ts'
import { type Shard, WHOLE } from '../load/event-source.ts'
import { type ListedEvent, listEvents } from '../load/list-events.ts'
import { catalogueOf } from './catalogue.ts'

export interface WriteEventsOptions {
  readonly format: 'jsonl' | 'avro'
  readonly out: Writable
  /** Default: all. */
  readonly count?: number
  /** Default: everything, whoever sends it. */
  readonly shard?: Shard
}

const CHUNK_BYTES = 64 * 1024

/** Writes a scenario's events; stops quietly when the reader has gone (`| head`). */
export async function writeEvents(
  scenario: Scenario,
  { format, out, count, shard = WHOLE }: WriteEventsOptions,
): Promise<void> {
  if (scenario.load.model === 'posts') {
    const message = `${scenario.name} sends requests about posts, not events: there are none to print.`
    throw new RepError('REP_USAGE', message)
  }
  const products = await catalogueOf({ scenario, source: { kind: 'generated' } })
  const encode = format === 'jsonl' ? asLine : asFrame
  let closed = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    closed = true
    out.emit('drain')
  }
  out.on('error', onError)
  let chunk: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (!out.write(Buffer.concat(chunk)) && !closed) await once(out, 'drain')
    chunk = []
    bytes = 0
  }
  for (const event of listEvents(scenario, { products, shard, ...(count === undefined ? {} : { count }) })) {
    const encoded = encode(event)
    chunk.push(encoded)
    bytes += encoded.length
    if (bytes >= CHUNK_BYTES) await flush()
    if (closed) return
  }
  if (chunk.length > 0) await flush()
}

function asLine({ dueUs, topic, key, value }: ListedEvent): Buffer {
  return Buffer.from(`${JSON.stringify({ dueUs, topic, key, value })}\n`)
}

function asFrame({ bytes }: ListedEvent): Buffer {
  const frame = Buffer.allocUnsafe(4 + bytes.length)
  frame.writeUInt32BE(bytes.length)
  frame.set(bytes, 4)
  return frame
}
