import type { ActionFragments } from './action-fragments.ts'
import { writeLong } from './avro-bytes.ts'
import { CAMPAIGN_FRAGMENTS, MOMENTS, PLACES } from './session-context.ts'
import type { SessionModel } from './session-model.ts'
import { ACTION_TYPE_OF_STEP } from './session-steps.ts'
import { TraceIdBytes } from './trace-id-bytes.ts'

const NULL = 0
const VALUE = 2
const DASH = 45
const TRACE_ID_BYTES = 36
/** Frame, trace id, action type, timestamp, session's number, union branches, lengths. */
const FIXED_BYTES = 5 + 1 + TRACE_ID_BYTES + 2 + 8 + 16 + 16

/**
 * Writes user actions in Confluent's wire format, as the codec would encode the same action (a property
 * test holds them equal), but by copying fragments that were encoded before.
 */
export class ActionEncoder implements ActionWriter {
  /** No action of a user id of up to `MOST_KEY_BYTES` is longer. */
  readonly maxBytes: number
  readonly #fragments: ActionFragments
  /** Frame (magic byte, schema id) and the trace id's length, which begin every event. */
  readonly #head = new Uint8Array(6)
  readonly #traceId: TraceIdBytes
  /** The event time, encoded, that `#timeBytes` and the trace id hold now. */
  #timestampMs = -1
  readonly #timeBytes = new Uint8Array(10)
  #timeLength = 0

  constructor(fragments: ActionFragments, schemaId: number, tag: number) {
    this.#fragments = fragments
    new DataView(this.#head.buffer).setUint32(1, schemaId)
    this.#head[5] = TRACE_ID_BYTES * 2
    this.#traceId = new TraceIdBytes(tag)
    const { ids, queries, offers, pages, properties } = fragments
    this.maxBytes =
      FIXED_BYTES +
      2 * MOST_KEY_BYTES +
      ids.longest +
      queries.longest +
      offers.longest +
      2 * pages.longest +
      PLACES.longest +
      MOMENTS.longest +
      CAMPAIGN_FRAGMENTS.longest +
      properties.longest
  }

  /** Writes the action that the sessions hold, from `from` on; returns the position after it. */
  write(target: Uint8Array, from: number, action: ActionHead, sessions: SessionModel): number {
    this.#setTime(action.timestampMs)
    this.#traceId.setSequence(action.sequence)
    let at = copy(this.#head, this.#head.length, target, from)
    at = copy(this.#traceId.bytes, TRACE_ID_BYTES, target, at)
    target[at++] = action.key.length * 2
    at = copy(action.key, action.key.length, target, at)
    target[at++] = ACTION_TYPE_OF_STEP[sessions.step]! * 2
    at = copy(this.#timeBytes, this.#timeLength, target, at)
    at = this.#fragments.ids.copy(sessions.product, target, at)
    at = this.#fragments.queries.copy(sessions.query, target, at)
    at = this.#fragments.offers.copy(sessions.product, target, at)
    at = writeSessionId(target, at, action.key, sessions.session)
    at = this.#writeContext(target, at, sessions)
    return this.#fragments.properties.copy(sessions.properties, target, at)
  }

  #writeContext(target: Uint8Array, from: number, sessions: SessionModel): number {
    const { pages } = this.#fragments
    let at = from
    target[at++] = VALUE
    target[at++] = VALUE
    at = pages.copy(sessions.page, target, at)
    if (sessions.referrer < 0) target[at++] = NULL
    else {
      target[at++] = VALUE
      at = pages.copy(sessions.referrer, target, at)
    }
    at = PLACES.copy(sessions.place, target, at)
    at = MOMENTS.copy(sessions.moment, target, at)
    return CAMPAIGN_FRAGMENTS.copy(sessions.campaign, target, at)
  }

  #setTime(timestampMs: number): void {
    if (timestampMs === this.#timestampMs) return
    this.#timestampMs = timestampMs
    this.#traceId.setTime(timestampMs)
    this.#timeLength = writeLong(this.#timeBytes, 0, timestampMs)
  }
}

/** User ids longer than this do not occur: `user-` and the digits of a number. */
export const MOST_KEY_BYTES = 24

/** Writes the actions that the sessions hold, as bytes. */
export interface ActionWriter {
  /** No action of a user id of up to `MOST_KEY_BYTES` is longer. */
  readonly maxBytes: number
  /** Returns the position after it. */
  write(target: Uint8Array, from: number, action: ActionHead, sessions: SessionModel): number
}

/** What an action has beside its place in a session. */
export interface ActionHead {
  /** UTF-8 of the user id. */
  key: Uint8Array
  timestampMs: number
  sequence: number
}

/** Session ids are `<user id>-<number of the session, from 0>`. */
function writeSessionId(target: Uint8Array, from: number, key: Uint8Array, session: number): number {
  let digits = 1
  for (let rest = session; rest > 9; rest = Math.floor(rest / 10)) digits++
  let at = from
  // Below 64 bytes, so that the length is one byte.
  target[at++] = (key.length + 1 + digits) * 2
  at = copy(key, key.length, target, at)
  target[at++] = DASH
  let rest = session
  for (let i = at + digits - 1; i >= at; i--) {
    target[i] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  return at + digits
}

function copy(source: Uint8Array, length: number, target: Uint8Array, from: number): number {
  for (let i = 0; i < length; i++) target[from + i] = source[i]!
  return from + length
}
