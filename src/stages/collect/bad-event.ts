import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { COLLECT_BAD } from '../../domain/topics.ts'
import type { Fault } from './click-event.ts'
import type { Collected } from './collected.ts'

/** Most bytes of a request that its record holds; the rest is told by length and hash. */
export const MOST_KEPT_BYTES = 256 * 1024

/** Who sent a request: the name of its write key, else `anonymous`. */
export interface Sender {
  readonly name: string
  readonly receivedMs: number
}

/** Why a whole request was not taken. */
export interface Refusal {
  /** Status that the sender got. */
  readonly status: number
  readonly reason: string
  readonly contentType: string | null
  readonly contentEncoding: string | null
  /** Its body as it came; null where it was not read. */
  readonly body: Uint8Array | null
  /** How many bytes its sender announced; null where it did not say. */
  readonly announcedBytes: number | null
}

/** The value of a record in `collect.bad.v1`, as JSON. */
export interface BadEvent {
  readonly reason: string
  readonly status: number
  readonly sender: string
  readonly receivedAt: string
  /** How many requests it stands for; absent for one. */
  readonly requests?: number
  readonly faults?: readonly Fault[]
  /** The event as it was sent, where the request could be read. */
  readonly event?: unknown
  readonly contentType?: string | null
  readonly contentEncoding?: string | null
  /** The request's body where it could not be read, or its beginning. */
  readonly body?: string
  readonly bodyEncoding?: 'utf8' | 'base64'
  readonly bodyBytes?: number | null
  readonly bodySha256?: string
  /** Of a record that was taken and then refused by the log: where it was to go; its value is in `body`. */
  readonly topic?: string
  readonly key?: string
}

/** The record of one bad event of a request that was read. */
export function badEvent(event: unknown, faults: readonly Fault[], sender: Sender): Collected {
  const reason = faults.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')
  const fact = { reason, status: 400, ...about(sender), faults }
  const text = Buffer.from(JSON.stringify(event))
  return record(text.length <= MOST_KEPT_BYTES ? { ...fact, event } : { ...fact, ...kept(text) }, sender)
}

/** The record of a request that was not taken as a whole. */
export function badRequest(refusal: Refusal, sender: Sender): Collected {
  const { status, reason, contentType, contentEncoding, body, announcedBytes } = refusal
  const fact = { reason, status, ...about(sender), contentType, contentEncoding }
  if (body === null) return record({ ...fact, bodyBytes: announcedBytes }, sender)
  return record({ ...fact, ...kept(body) }, sender)
}

/** One record for many requests that were not read: their events are still with their senders. */
export function refusedRequests(status: number, requests: number, sender: Sender): Collected {
  const reason = 'refused before it was read, to be sent again'
  return record({ reason, status, ...about(sender), requests }, sender)
}

/**
 * The record of an event that was acknowledged when it was in the spool, and that the log then refused for good.
 * The spool does not keep who sent it.
 */
export function refusedByLog(spooled: Collected, reason: string, value: 'whole' | 'told'): Collected {
  const { topic, key, value: bytes, receivedMs } = spooled
  const sender = { name: 'spool', receivedMs }
  const { body, bodyEncoding, ...told } = kept(bytes)
  const fact = { reason, status: 202, ...about(sender), topic, key: Buffer.from(key).toString(), ...told }
  return record(value === 'whole' ? { ...fact, body, bodyEncoding } : fact, sender)
}

type Kept = Pick<BadEvent, 'bodyBytes' | 'bodySha256'> & Required<Pick<BadEvent, 'body' | 'bodyEncoding'>>

function kept(body: Uint8Array): Kept {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const whole = { bodyBytes: bytes.length, bodySha256: hash('sha256', bytes) }
  if (isUtf8(bytes) && bytes.length <= MOST_KEPT_BYTES) {
    return { body: bytes.toString('utf8'), bodyEncoding: 'utf8', ...whole }
  }
  return { body: bytes.toString('base64', 0, MOST_KEPT_BYTES), bodyEncoding: 'base64', ...whole }
}

function about({ name, receivedMs }: Sender): Pick<BadEvent, 'sender' | 'receivedAt'> {
  return { sender: name, receivedAt: new Date(receivedMs).toISOString() }
}

function record(event: BadEvent, { name, receivedMs }: Sender): Collected {
  return {
    topic: COLLECT_BAD,
    key: Buffer.from(name),
    value: Buffer.from(JSON.stringify(event)),
    receivedMs,
  }
}
