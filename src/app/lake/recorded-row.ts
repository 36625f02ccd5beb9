import { ACTION_TYPES, type ActionContext, type ActionType } from '../../domain/events.ts'
import { LAKE_COLUMNS, type LakeValue, traceIdText } from '../../domain/lake/lake-columns.ts'
import { dateAndHour, hourOf } from '../../domain/lake/lake-layout.ts'
import type { RecordedAction } from '../../load/replay/replay-row.ts'

/** Position of each column in LAKE_COLUMNS. */
const AT = Object.fromEntries(LAKE_COLUMNS.map(({ name }, i) => [name, i]))
export const EVENT_TIME = AT.event_time!
const TYPES: ReadonlySet<string> = new Set(ACTION_TYPES)

type Columns = readonly (readonly LakeValue[])[]

/** The action of a row, or in words why it is none. */
export function recordedAction(columns: Columns, at: number): RecordedAction | string {
  const text = (name: string): string | null => {
    const value = columns[AT[name]!]![at]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const number = (name: string): number | null => {
    const value = columns[AT[name]!]![at]
    return typeof value === 'number' ? value : null
  }
  const userId = text('user_id')
  if (userId === null) return 'the user is empty'
  const type = text('event_type')
  if (type === null || !TYPES.has(type)) return `the event type ${type ?? '(none)'} is not known`
  const time = columns[EVENT_TIME]![at]
  const timestamp = typeof time === 'bigint' ? Number(time / 1000n) : Number.NaN
  if (dateAndHour(hourOf(timestamp)) === null) return 'the event time is none that a calendar has'
  const properties = readProperties(text('properties'))
  if (properties === null) return 'the properties are no JSON object of texts'
  return {
    userId,
    sessionId: text('session_id') ?? userId,
    actionType: type as ActionType,
    timestamp,
    productId: text('product_id'),
    category: text('category'),
    price: number('price'),
    query: text('query'),
    context: contextOf(text, number),
    properties,
  }
}

/** The row as JSON, for a list of what could not be read. */
export function rowText(columns: Columns, at: number): string {
  const fields = LAKE_COLUMNS.map(({ name }, i) => [name, plain(columns[i]![at] ?? null)])
  return JSON.stringify(Object.fromEntries(fields.filter(([, value]) => value !== null)))
}

/** The row's trace id; empty where it has none. */
export function rowTraceId(columns: Columns, at: number): string {
  const id = columns[AT.trace_id!]![at]
  return id instanceof Uint8Array ? traceIdText(id) : ''
}

function plain(value: LakeValue): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? traceIdText(value) : value
}

function contextOf(
  text: (name: string) => string | null,
  number: (name: string) => number | null,
): ActionContext {
  const url = text('page_url')
  const type = text('device_type')
  const status = text('weather_status')
  const [timeOfDay, dayOfWeek] = [text('time_of_day'), text('day_of_week')]
  const loginStatus = text('login_status')
  const utmSource = text('utm_source')
  return {
    page: url === null ? null : { url, referrer: text('page_referrer') },
    device: type === null ? null : { type },
    weather: status === null ? null : { status, temperature: number('weather_temperature') ?? 0 },
    temporal: timeOfDay === null || dayOfWeek === null ? null : { timeOfDay, dayOfWeek },
    user: loginStatus === null ? null : { loginStatus, segment: text('user_segment') },
    campaign: utmSource === null ? null : { utmSource, utmCampaign: text('utm_campaign') },
  }
}

function readProperties(text: string | null): Record<string, string> | null {
  if (text === null) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.values(value).every((entry) => typeof entry === 'string')
    ? (value as Record<string, string>)
    : null
}
