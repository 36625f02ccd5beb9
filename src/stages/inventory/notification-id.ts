import type { NotificationKind } from '../../domain/events.ts'
import { nameUuid } from '../../domain/name-uuid.ts'

/** Name space of the ids: a random UUID, the same for ever. */
const NAME_SPACE = Buffer.from('6f1d2c0e5b7a4f439a860d3be14c7a52', 'hex')

/**
 * Trace id of the notification that this change causes for this user: a name-based UUID,
 * so that a change that is handled again gives the same ids and `notify` knows them.
 */
export function notificationId(causeTraceId: string, kind: NotificationKind, userId: string): string {
  return nameUuid(NAME_SPACE, `${causeTraceId}\n${kind}\n${userId}`)
}
