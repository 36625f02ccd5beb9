import { actionTypeOf } from '../../domain/action-names.ts'
import type { UserAction } from '../../domain/events.ts'
import type { Fault } from './click-event.ts'
import { traceIdOf } from './event-id.ts'
import { correctedTime, readTime } from './event-time.ts'
import { Extras } from './extras.ts'
import { Fields, isObject, type Json } from './fields.ts'
import { readContext } from './read-context.ts'

/** When a request came, and how far its sender's clock is behind. */
export interface Reception {
  readonly receivedMs: number
  readonly skewMs: number
}

/** What was found in one event: a user action, an event of a type that no action has, or faults. */
export type Reading =
  | { readonly kind: 'action'; readonly action: UserAction }
  | { readonly kind: 'custom'; readonly traceId: string; readonly userId: string; readonly event: Json }
  | { readonly kind: 'bad'; readonly faults: readonly Fault[] }

/** Where one event stands in its request. */
export interface Place extends Reception {
  readonly pointer: string
}

const FIELDS = [
  'event_id',
  'user_id',
  'session_id',
  'event_type',
  'timestamp',
  'sent_at',
  'context',
  'properties',
]
const TYPED = ['product_id', 'category', 'price', 'query']

/** Reads one event of the rich clickstream shape; every fault of it is listed. */
export function readClickEvent(value: unknown, place: Place): Reading {
  if (!isObject(value)) return bad([{ pointer: place.pointer, message: 'must be an object' }])
  const faults: Fault[] = []
  const fields = new Fields(value, place.pointer, faults)
  const eventId = fields.id('event_id')
  const userId = fields.requiredId('user_id')
  const sessionId = fields.id('session_id') ?? userId
  const type = fields.requiredId('event_type')
  const clientMs = readTime(fields, 'timestamp') ?? place.receivedMs
  const extras = new Extras()
  const context = readContext(fields, extras)
  const typed = fields.part('properties')
  const productId = typed?.id('product_id') ?? null
  const category = typed?.text('category') ?? null
  const price = readPrice(typed)
  const query = typed?.text('query') ?? null
  if (faults.length > 0) return bad(faults)
  const times = { clientMs, timestamp: correctedTime(clientMs, place.skewMs, place.receivedMs) }
  const ids = { eventId, traceId: traceIdOf(userId, eventId), userId, sessionId }
  const actionType = actionTypeOf(type)
  if (actionType === null) return customEvent(value, ids, times)
  addRest(extras, value, typed)
  addOriginals(extras, ids, times)
  const { traceId } = ids
  const { timestamp } = times
  const facts = { traceId, userId, sessionId, actionType, timestamp, productId, category, price, query }
  return { kind: 'action', action: { ...facts, context, properties: extras.properties } }
}

interface Ids {
  /** As the sender gave it. */
  readonly eventId: string | null
  readonly traceId: string
  readonly userId: string
  readonly sessionId: string
}

interface Times {
  /** As the sender gave it. */
  readonly clientMs: number
  readonly timestamp: number
}

/** The event as it came, with what every event has filled in, and what that replaced beside it. */
function customEvent(value: Json, ids: Ids, times: Times): Reading {
  const originals = new Extras()
  addOriginals(originals, ids, times)
  const { traceId, userId, sessionId } = ids
  const timestamp = new Date(times.timestamp).toISOString()
  const filled = { event_id: traceId, user_id: userId, session_id: sessionId, timestamp }
  return { kind: 'custom', traceId, userId, event: { ...value, ...filled, ...originals.properties } }
}

function addRest(extras: Extras, event: Json, typed: Fields | null): void {
  for (const name of Object.keys(event)) if (!FIELDS.includes(name)) extras.add(`event.${name}`, event[name])
  if (typed === null) return
  const { source } = typed
  for (const name of Object.keys(source)) if (!TYPED.includes(name)) extras.add(name, source[name])
}

function addOriginals(extras: Extras, { eventId, traceId }: Ids, { clientMs, timestamp }: Times): void {
  if (eventId !== null && eventId.toLowerCase() !== traceId) extras.add('client_event_id', eventId)
  if (timestamp !== clientMs) extras.add('client_timestamp', clientMs)
}

function readPrice(properties: Fields | null): number | null {
  const price = properties?.number('price') ?? null
  if (price === null || price >= 0) return price
  return properties!.fault('price', 'must not be negative')
}

function bad(faults: readonly Fault[]): Reading {
  return { kind: 'bad', faults }
}
