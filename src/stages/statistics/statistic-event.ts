import type { EventCodec } from '../../domain/codec.ts'
import { USER_ACTION, USER_CUSTOM } from '../../domain/topics.ts'
import { isUuid } from '../../domain/uuid.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { StoredRecord } from '../../ports/event-log.ts'

/** Topics that statistics are of. */
export const COUNTED_TOPICS = [USER_ACTION, USER_CUSTOM]

/** A user action or a custom event, as it is counted and stored. */
export interface StatisticEvent {
  readonly traceId: string
  readonly userId: string
  readonly sessionId: string | null
  /** An action's type, or what the sender of a custom event calls it. */
  readonly type: string
  /** Event time, milliseconds since the epoch, in the years 1970 to 9999. */
  readonly timestampMs: number
  readonly productId: string | null
  readonly postId: string | null
  readonly category: string | null
  readonly price: number | null
  /** What was searched for. */
  readonly query: string | null
  readonly context: object | null
  readonly properties: object
}

/** Between the parts of a counter's name; keys hold none. */
export const SEPARATOR = '\u001f'

const LAST_MS = Date.UTC(10_000, 0) - 1
/** Longest text that is a key, characters; the collector takes no longer ids. */
const LONGEST_KEY = 200
const plain = new TextDecoder()

/** Reads a record of a counted topic; null for one that cannot be read. */
export function readStatisticEvent(
  codec: Pick<EventCodec, 'decodeUserAction'>,
  { topic, value }: StoredRecord,
): StatisticEvent | null {
  try {
    return topic === USER_ACTION ? readAction(codec, value) : readCustom(value)
  } catch (error) {
    if (error instanceof RepError || error instanceof SyntaxError) return null
    throw error
  }
}

function readAction(codec: Pick<EventCodec, 'decodeUserAction'>, value: Uint8Array): StatisticEvent {
  const action = codec.decodeUserAction(value)
  const { traceId, actionType, timestamp, price = null, context = null, properties } = action
  return {
    traceId,
    userId: keyText(action.userId),
    sessionId: keyText(action.sessionId),
    type: actionType,
    timestampMs: inRange(timestamp),
    productId: idOf(action.productId),
    postId: idOf(properties.post_id),
    category: idOf(action.category),
    price,
    query: idOf(action.query?.trim()),
    context,
    properties,
  }
}

/** A custom event is JSON in the shape in which the collector took it, ids and time filled in. */
function readCustom(value: Uint8Array): StatisticEvent | null {
  const event: unknown = JSON.parse(plain.decode(value))
  if (!isObject(event)) return null
  const { event_id: traceId, user_id: userId, event_type: type, session_id, timestamp, context } = event
  if (typeof traceId !== 'string' || !isUuid(traceId) || typeof userId !== 'string') return null
  if (typeof type !== 'string' || type === '' || typeof timestamp !== 'string') return null
  const timestampMs = Date.parse(timestamp)
  if (Number.isNaN(timestampMs)) return null
  const properties = isObject(event.properties) ? event.properties : {}
  return {
    traceId,
    userId: keyText(userId),
    sessionId: idOf(session_id),
    type: keyText(type),
    timestampMs: inRange(timestampMs),
    productId: idOf(properties.product_id),
    postId: idOf(properties.post_id),
    category: idOf(properties.category),
    price: typeof properties.price === 'number' ? properties.price : null,
    query: idOf(properties.query),
    context: isObject(context) ? context : null,
    properties,
  }
}

/** Ids may be numbers in JSON; an empty one is none. */
function idOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? keyText(value) : null
}

/** As PostgreSQL takes it and an index can hold it. */
function keyText(text: string): string {
  const short = text.length > LONGEST_KEY ? text.slice(0, LONGEST_KEY) : text
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it
  return short.toWellFormed().replace(/[\u0000\u001f]/g, '\ufffd')
}

function inRange(timestampMs: number): number {
  return Math.min(Math.max(timestampMs, 0), LAST_MS)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
