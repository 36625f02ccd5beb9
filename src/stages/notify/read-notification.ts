import { createCodec, type SchemaIds } from '../../domain/codec.ts'
import type { Notification } from '../../domain/events.ts'
import { isUuid } from '../../domain/uuid.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Channels } from './open-channels.ts'

/** Reads the notification in a record's bytes; where none can be sent, the reason instead. */
export function notificationReader(
  channels: Channels,
  schemaIds: SchemaIds,
): (bytes: Uint8Array) => Notification | string {
  const { decodeNotification } = createCodec(schemaIds)
  return (bytes) => {
    try {
      const notification = decodeNotification(bytes)
      const { traceId, channel } = notification
      if (!isUuid(traceId)) return `the trace id ${JSON.stringify(traceId)} is not a UUID`
      if (!channels.has(channel)) return `channel ${channel} has no address: set pipeline.notify.webhookUrl`
      return notification
    } catch (error) {
      if (error instanceof RepError) return error.message
      throw error
    }
  }
}
