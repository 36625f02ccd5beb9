import type { schema } from 'avsc'

/** Every version of the value of `user.pattern.v1`, oldest first; BACKWARD_TRANSITIVE. */
export const USER_PATTERN_VERSIONS: readonly schema.AvroSchema[] = [
  {
    type: 'record',
    name: 'UserPattern',
    namespace: 'rep',
    fields: [
      { name: 'traceId', type: 'string', doc: 'UUID; follows from user, pattern and first event' },
      { name: 'userId', type: 'string' },
      { name: 'pattern', type: 'string', doc: 'Name in the feature definitions' },
      { name: 'beganAt', type: 'long', doc: 'Event time of its first event, milliseconds since the epoch' },
      { name: 'detectedAt', type: 'long', doc: 'Event time at which it was complete' },
      { name: 'causeTraceId', type: 'string', doc: 'Trace id of its first event' },
      { name: 'productIds', type: { type: 'array', items: 'string' }, default: [] },
      { name: 'remind', type: 'boolean', doc: 'Whether the user is to be reminded', default: false },
    ],
  },
]
