import { randomUUID } from 'node:crypto'
import { namedEventId } from '../../domain/named-event-id.ts'
import { isUuid } from '../../domain/uuid.ts'

/**
 * The trace id of a collected event: its own id where that is a UUID; else a UUID that follows from the user
 * and the id, so that an event sent twice has one; else a new one.
 */
export function traceIdOf(userId: string, eventId: string | null): string {
  if (eventId === null) return randomUUID()
  return isUuid(eventId) ? eventId.toLowerCase() : namedEventId('event', userId, eventId)
}
