import { readUuid } from '../uuid.ts'

/** How the values of a column are kept. Times are microseconds since the epoch, UTC. */
export type LakeColumnKind = 'uuid' | 'text' | 'double' | 'int' | 'long' | 'time'

export interface LakeColumn {
  readonly name: string
  readonly kind: LakeColumnKind
  readonly nullable: boolean
  /** Where the action has it, as a path in its schema; null: it is of the log. */
  readonly field: string | null
}

/** Of `user.action.v1`: where a row comes from, and when the log took it. */
export interface LakeOrigin {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly receivedMs: number
}

export type LakeValue = string | number | bigint | Uint8Array | null

const must = (name: string, kind: LakeColumnKind, field: string | null): LakeColumn => {
  return { name, kind, nullable: false, field }
}
const may = (name: string, kind: LakeColumnKind, field: string): LakeColumn => {
  return { name, kind, nullable: true, field }
}

/** The columns of every file, in order. New ones are only ever added, at the end, nullable. */
export const LAKE_COLUMNS: readonly LakeColumn[] = [
  must('trace_id', 'uuid', 'traceId'),
  must('user_id', 'text', 'userId'),
  must('session_id', 'text', 'sessionId'),
  must('event_type', 'text', 'actionType'),
  must('event_time', 'time', 'timestamp'),
  must('receive_time', 'time', null),
  may('product_id', 'text', 'productId'),
  may('category', 'text', 'category'),
  may('price', 'double', 'price'),
  may('query', 'text', 'query'),
  may('page_url', 'text', 'context.page.url'),
  may('page_referrer', 'text', 'context.page.referrer'),
  may('device_type', 'text', 'context.device.type'),
  may('weather_status', 'text', 'context.weather.status'),
  may('weather_temperature', 'double', 'context.weather.temperature'),
  may('time_of_day', 'text', 'context.temporal.timeOfDay'),
  may('day_of_week', 'text', 'context.temporal.dayOfWeek'),
  may('login_status', 'text', 'context.user.loginStatus'),
  may('user_segment', 'text', 'context.user.segment'),
  may('utm_source', 'text', 'context.campaign.utmSource'),
  may('utm_campaign', 'text', 'context.campaign.utmCampaign'),
  may('properties', 'text', 'properties'),
  must('source_partition', 'int', null),
  must('source_offset', 'long', null),
]

/** A value of `trace_id` as text. */
export function traceIdText(bytes: Uint8Array): string {
  return readUuid(bytes, 0)
}
