import type { schema } from 'avsc'

type Field = schema.RecordType['fields'][number]

const KINDS = ['PRICE_DROP', 'BACK_IN_STOCK', 'LOW_STOCK', 'CART_REMINDER']
const CHANNELS = ['PUSH', 'SMS', 'WEBHOOK']

/** Every version of the value of `notification.push.v1`, oldest first; BACKWARD_TRANSITIVE. */
export const NOTIFICATION_VERSIONS: readonly schema.AvroSchema[] = [
  notification(2, []),
  notification(3, addressed('Trace id of the inventory change')),
  notification(4, addressed('Trace id of the inventory change or of the pattern')),
]

function addressed(cause: string): readonly Field[] {
  const type: schema.EnumType = { type: 'enum', name: 'NotificationChannel', symbols: CHANNELS }
  return [
    { name: 'channel', type, default: 'PUSH' },
    { name: 'causeTraceId', type: 'string', doc: cause, default: '' },
  ]
}

function notification(kinds: number, added: readonly Field[]): schema.RecordType {
  return {
    type: 'record',
    name: 'Notification',
    namespace: 'rep',
    fields: [
      { name: 'traceId', type: 'string', doc: 'UUID; unique to the event' },
      { name: 'userId', type: 'string' },
      { name: 'productId', type: 'string' },
      { name: 'kind', type: { type: 'enum', name: 'NotificationKind', symbols: KINDS.slice(0, kinds) } },
      ...added,
      { name: 'title', type: 'string' },
      { name: 'body', type: 'string' },
      { name: 'createdAt', type: 'long', doc: 'Milliseconds since the epoch' },
    ],
  }
}
