import type { schema } from 'avsc'
import { ACTION_TYPES } from '../events.ts'

/**
 * Every version of the value of `user.action.v1`, oldest first. Versions are only ever added, at the end,
 * and each must be readable by all later ones (BACKWARD_TRANSITIVE): new fields carry a default, enum
 * symbols are added at the end. The fields that the hot paths read come first.
 */
export const USER_ACTION_VERSIONS: readonly schema.AvroSchema[] = [
  userAction(7, []),
  userAction(9, [optional('page'), optional('device'), optional('user')]),
  userAction(10, [
    optional('page'),
    optional('device'),
    optional('weather'),
    optional('temporal'),
    optional('user'),
    optional('campaign'),
  ]),
]

/** What the preference stage reads of a user action; avsc skips the rest without building it. */
export const USER_ACTION_CORE: schema.AvroSchema = record('UserAction', [
  { name: 'traceId', type: 'string' },
  { name: 'userId', type: 'string' },
  { name: 'actionType', type: actionType(ACTION_TYPES.length) },
  { name: 'timestamp', type: 'long' },
  nullable('productId', 'string'),
  nullable('query', 'string'),
])

/** What the behavior stage indexes of a user action: everything flat, without context and properties. */
export const USER_ACTION_FLAT: schema.AvroSchema = record('UserAction', [
  { name: 'traceId', type: 'string' },
  { name: 'userId', type: 'string' },
  { name: 'actionType', type: actionType(ACTION_TYPES.length) },
  { name: 'timestamp', type: 'long' },
  nullable('productId', 'string'),
  nullable('query', 'string'),
  nullable('category', 'string'),
  nullable('price', 'double'),
  { name: 'sessionId', type: 'string' },
])

type Field = schema.RecordType['fields'][number]
type ContextPart = 'page' | 'device' | 'weather' | 'temporal' | 'user' | 'campaign'

function userAction(symbols: number, context: readonly Field[]): schema.RecordType {
  return record('UserAction', [
    { name: 'traceId', type: 'string', doc: 'UUID; unique to the event' },
    { name: 'userId', type: 'string' },
    { name: 'actionType', type: actionType(symbols) },
    { name: 'timestamp', type: 'long', doc: 'Event time, milliseconds since the epoch' },
    nullable('productId', 'string'),
    nullable('query', 'string'),
    nullable('category', 'string'),
    nullable('price', 'double'),
    { name: 'sessionId', type: 'string' },
    ...(context.length === 0 ? [] : [nullable('context', record('ActionContext', [...context]))]),
    { name: 'properties', type: { type: 'map', values: 'string' }, default: {} },
  ])
}

function actionType(symbols: number): schema.EnumType {
  return { type: 'enum', name: 'ActionType', symbols: ACTION_TYPES.slice(0, symbols) }
}

function optional(part: ContextPart): Field {
  return nullable(part, contextPart(part))
}

function contextPart(part: ContextPart): schema.RecordType {
  switch (part) {
    case 'page':
      return record('Page', [{ name: 'url', type: 'string' }, nullable('referrer', 'string')])
    case 'device':
      return record('Device', [{ name: 'type', type: 'string' }])
    case 'weather':
      return record('Weather', [
        { name: 'status', type: 'string' },
        { name: 'temperature', type: 'double', doc: 'Degrees Celsius' },
      ])
    case 'temporal':
      return record('Temporal', [
        { name: 'timeOfDay', type: 'string' },
        { name: 'dayOfWeek', type: 'string' },
      ])
    case 'user':
      return record('UserState', [{ name: 'loginStatus', type: 'string' }, nullable('segment', 'string')])
    case 'campaign':
      return record('Campaign', [{ name: 'utmSource', type: 'string' }, nullable('utmCampaign', 'string')])
  }
}

function record(name: string, fields: Field[]): schema.RecordType {
  return { type: 'record', name, namespace: 'rep', fields }
}

function nullable(name: string, type: schema.AvroSchema): Field {
  return { name, type: ['null', type] as schema.AvroSchema, default: null }
}
