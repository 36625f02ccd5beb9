import { hash } from 'node:crypto'
import type { NotificationKind } from '../../domain/events.ts'
import { readUuid } from '../../domain/uuid.ts'

/** Name space of the ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('6f1d2c0e5b7a4f439a860d3be14c7a52', 'hex')

/**
 * Trace id of the notification that this change causes for this user: a name-based UUID (RFC 9562, version 5),
 * so that a change that is handled again gives the same ids and `notify` knows them.
 */
export function notificationId(causeTraceId: string, kind: NotificationKind, userId: string): string {
  const name = Buffer.from(`${causeTraceId}\n${kind}\n${userId}`)
  const bytes = hash('sha1', Buffer.concat([NAME_SPACE, name]), 'buffer')
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return readUuid(bytes, 0)
}
