import { randomUUID } from 'node:crypto'
import { nameUuid } from '../../domain/name-uuid.ts'
import { isUuid } from '../../domain/uuid.ts'

/** Name space of the ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('0b8f6c5e2d914a37b0c47f1e9a52d683', 'hex')

/**
 * The trace id of a collected event: its own id where that is a UUID; else a UUID that follows from the user
 * and the id, so that an event sent twice has one; else a new one.
 */
export function traceIdOf(userId: string, eventId: string | null): string {
  if (eventId === null) return randomUUID()
  return isUuid(eventId) ? eventId.toLowerCase() : namedEventId('event', userId, eventId)
}

/** A trace id that follows from what the event is about. */
export function namedEventId(...parts: readonly (string | number)[]): string {
  return nameUuid(NAME_SPACE, parts.join('\n'))
}
