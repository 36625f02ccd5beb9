import type { Notification } from '../../domain/events.ts'
import { NOTIFICATION_HISTORY_INDEX } from '../../domain/indexes.ts'
import type { DocumentFields, DocumentIndexSpec, IndexedDocument } from '../../ports/document-index.ts'
import type { Delivery } from './deliver.ts'

/** What became of notifications, by user and by product. */
export const HISTORY_INDEX_SPEC: DocumentIndexSpec = {
  index: NOTIFICATION_HISTORY_INDEX,
  lookups: ['userId', 'productId'],
  time: 'createdAt',
}

/** Where a notification is in the log. */
export interface Place {
  readonly partition: number
  readonly offset: number
}

/** The history entry of a notification; its id is the trace id. */
export function historyDocument(
  { traceId, ...notification }: Notification,
  delivery: Delivery,
  { partition, offset }: Place,
): IndexedDocument {
  return { id: traceId, fields: { ...notification, ...delivery, finishedAt: Date.now(), partition, offset } }
}

/**
 * True where a record need not be sent: it was delivered; or this very record failed and was dead-lettered.
 * The same notification at another place, after a failure, is a replay of its dead letter: it is sent.
 */
export function isSettled(history: DocumentFields | null, { partition, offset }: Place): boolean {
  if (history === null) return false
  if (history.status === 'delivered') return true
  return history.partition === partition && history.offset === offset
}
