import type { schema } from 'avsc'
import { RepError } from '../errors/rep-error.ts'
import type { InventoryChange, Notification, UserAction, UserPattern } from './events.ts'
import { INVENTORY_CHANGE_VERSIONS } from './schemas/inventory-change.ts'
import { NOTIFICATION_VERSIONS } from './schemas/notification.ts'
import { USER_ACTION_CORE, USER_ACTION_FLAT, USER_ACTION_VERSIONS } from './schemas/user-action.ts'
import { USER_PATTERN_VERSIONS } from './schemas/user-pattern.ts'
import { type Read, SubjectCodec } from './subject-codec.ts'
import { isUuid } from './uuid.ts'

/** Registry subjects: `<topic>-value`, Confluent's topic name strategy. */
export type Subject =
  | 'user.action.v1-value'
  | 'product.inventory.v1-value'
  | 'notification.push.v1-value'
  | 'user.pattern.v1-value'

/** Schema id of every version of each subject, oldest first. */
export type SchemaIds = Readonly<Record<Subject, readonly number[]>>

/** Every version of each subject's schema, oldest first: what a registry is given. */
export const SCHEMAS: Readonly<Record<Subject, readonly schema.AvroSchema[]>> = {
  'user.action.v1-value': USER_ACTION_VERSIONS,
  'product.inventory.v1-value': INVENTORY_CHANGE_VERSIONS,
  'notification.push.v1-value': NOTIFICATION_VERSIONS,
  'user.pattern.v1-value': USER_PATTERN_VERSIONS,
}

/** The ids of stacks without a schema registry: subject * 100 + version. An id never changes its meaning. */
export const LOCAL_SCHEMA_IDS: SchemaIds = {
  'user.action.v1-value': [101, 102, 103],
  'product.inventory.v1-value': [201, 202],
  'notification.push.v1-value': [301, 302, 303],
  'user.pattern.v1-value': [401],
}

/** The part of a user action that moves a preference. */
export type UserActionCore = Pick<UserAction, 'traceId' | 'userId' | 'actionType' | 'timestamp'> & {
  readonly productId: string | null
  readonly query: string | null
}

/** A user action without its nested parts (context, properties). */
export type UserActionFlat = UserActionCore &
  Pick<UserAction, 'sessionId'> & { readonly category: string | null; readonly price: number | null }

/**
 * Events to bytes and back, in Confluent's wire format. Decoders read every version and give the latest
 * version's shape, absent optional fields as null; they throw REP_CODEC saying what is wrong with the
 * bytes, also where the trace id of a user action is not a UUID. Encoders throw REP_CODEC naming the fields that do not fit.
 */
export interface EventCodec {
  encodeUserAction(action: UserAction): Uint8Array
  decodeUserAction(bytes: Uint8Array): UserAction
  /** Skips what the preference stage does not need; checks the frame and the whole record all the same. */
  decodeUserActionCore(bytes: Uint8Array): UserActionCore
  /** Skips context and properties; checks the frame and the whole record all the same. */
  decodeUserActionFlat(bytes: Uint8Array): UserActionFlat
  encodeInventoryChange(change: InventoryChange): Uint8Array
  decodeInventoryChange(bytes: Uint8Array): InventoryChange
  encodeNotification(notification: Notification): Uint8Array
  decodeNotification(bytes: Uint8Array): Notification
  encodeUserPattern(pattern: UserPattern): Uint8Array
  decodeUserPattern(bytes: Uint8Array): UserPattern
}

/** A codec that writes the latest versions with these ids (default: the local table). One per thread. */
export function createCodec(ids: SchemaIds = LOCAL_SCHEMA_IDS): EventCodec {
  const open = <T>(subject: Subject) => new SubjectCodec<T>(subject, SCHEMAS[subject], ids[subject])
  const actions = open<UserAction>('user.action.v1-value')
  const changes = open<InventoryChange>('product.inventory.v1-value')
  const notifications = open<Notification>('notification.push.v1-value')
  const patterns = open<UserPattern>('user.pattern.v1-value')
  return {
    encodeUserAction: (action) => actions.encode(action),
    decodeUserAction: traced(actions.reader()),
    decodeUserActionCore: traced(actions.reader<UserActionCore>(USER_ACTION_CORE)),
    decodeUserActionFlat: traced(actions.reader<UserActionFlat>(USER_ACTION_FLAT)),
    encodeInventoryChange: (change) => changes.encode(change),
    decodeInventoryChange: changes.reader(),
    encodeNotification: (notification) => notifications.encode(notification),
    decodeNotification: notifications.reader(),
    encodeUserPattern: (pattern) => patterns.encode(pattern),
    decodeUserPattern: patterns.reader(),
  }
}

/** Refuses an action whose trace id is not a UUID: preference records keep the id as 16 bytes. */
function traced<T extends { readonly traceId: string }>(read: Read<T>): Read<T> {
  return (bytes) => {
    const action = read(bytes)
    if (isUuid(action.traceId)) return action
    throw new RepError(
      'REP_CODEC',
      `Not a record of user.action.v1-value: the trace id ${JSON.stringify(action.traceId)} is not a UUID.`,
    )
  }
}
