import type { UserAction } from '../events.ts'
import { readUuid, writeUuid } from '../uuid.ts'

/** How the values of a column are kept. Times are microseconds since the epoch, UTC. */
export type LakeColumnKind = 'uuid' | 'text' | 'double' | 'int' | 'long' | 'time'

export interface LakeColumn {
  readonly name: string
  readonly kind: LakeColumnKind
  readonly nullable: boolean
}

/** Of `user.action.v1`: where a row comes from, and when the log took it. */
export interface LakeOrigin {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly receivedMs: number
}

export type LakeValue = string | number | bigint | Uint8Array | null
/** The values of a row in the order of LAKE_COLUMNS. */
export type LakeRow = LakeValue[]

const must = (name: string, kind: LakeColumnKind): LakeColumn => ({ name, kind, nullable: false })
const may = (name: string, kind: LakeColumnKind): LakeColumn => ({ name, kind, nullable: true })

/** The columns of every file, in order. New ones are only ever added, at the end, nullable. */
export const LAKE_COLUMNS: readonly LakeColumn[] = [
  must('trace_id', 'uuid'),
  must('user_id', 'text'),
  must('session_id', 'text'),
  must('event_type', 'text'),
  must('event_time', 'time'),
  must('receive_time', 'time'),
  may('product_id', 'text'),
  may('category', 'text'),
  may('price', 'double'),
  may('query', 'text'),
  may('page_url', 'text'),
  may('page_referrer', 'text'),
  may('device_type', 'text'),
  may('weather_status', 'text'),
  may('weather_temperature', 'double'),
  may('time_of_day', 'text'),
  may('day_of_week', 'text'),
  may('login_status', 'text'),
  may('user_segment', 'text'),
  may('utm_source', 'text'),
  may('utm_campaign', 'text'),
  may('properties', 'text'),
  must('source_partition', 'int'),
  must('source_offset', 'long'),
]

const UUID_BYTES = 16
const SLAB_IDS = 4096

/**
 * Rows as columns. Values that come again are kept once: the bytes of a roll name the same users, products and pages
 * over and over, and each time as a text of its own.
 */
export class LakeRows {
  /** In the order of LAKE_COLUMNS. */
  readonly columns: LakeValue[][] = newColumns()
  readonly #texts = new Map<string, string>()
  #slab = new Uint8Array(0)

  add(action: UserAction, origin: LakeOrigin): void {
    const { columns } = this
    const { context } = action
    let at = 0
    columns[at++]!.push(this.#id(action.traceId))
    columns[at++]!.push(this.#text(action.userId))
    columns[at++]!.push(this.#text(action.sessionId))
    columns[at++]!.push(this.#text(action.actionType))
    columns[at++]!.push(microseconds(action.timestamp))
    columns[at++]!.push(microseconds(origin.receivedMs))
    columns[at++]!.push(this.#text(action.productId ?? null))
    columns[at++]!.push(this.#text(action.category ?? null))
    columns[at++]!.push(action.price ?? null)
    columns[at++]!.push(this.#text(action.query ?? null))
    columns[at++]!.push(this.#text(context?.page?.url ?? null))
    columns[at++]!.push(this.#text(context?.page?.referrer ?? null))
    columns[at++]!.push(this.#text(context?.device?.type ?? null))
    columns[at++]!.push(this.#text(context?.weather?.status ?? null))
    columns[at++]!.push(context?.weather?.temperature ?? null)
    columns[at++]!.push(this.#text(context?.temporal?.timeOfDay ?? null))
    columns[at++]!.push(this.#text(context?.temporal?.dayOfWeek ?? null))
    columns[at++]!.push(this.#text(context?.user?.loginStatus ?? null))
    columns[at++]!.push(this.#text(context?.user?.segment ?? null))
    columns[at++]!.push(this.#text(context?.campaign?.utmSource ?? null))
    columns[at++]!.push(this.#text(context?.campaign?.utmCampaign ?? null))
    columns[at++]!.push(this.#text(propertiesText(action.properties)))
    columns[at++]!.push(origin.partition)
    columns[at++]!.push(BigInt(origin.offset))
  }

  #text(text: string | null): string | null {
    if (text === null) return null
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, text)
    return text
  }

  /** Many ids share memory: each as bytes of its own would cost ten times its size. */
  #id(traceId: string): Uint8Array {
    if (this.#slab.length === 0) this.#slab = new Uint8Array(SLAB_IDS * UUID_BYTES)
    const id = this.#slab.subarray(0, UUID_BYTES)
    this.#slab = this.#slab.subarray(UUID_BYTES)
    writeUuid(traceId, id, 0)
    return id
  }
}

/** Empty columns. */
export function newColumns(): LakeValue[][] {
  return LAKE_COLUMNS.map(() => [])
}

/** A value of `trace_id` as text. */
export function traceIdText(bytes: Uint8Array): string {
  return readUuid(bytes, 0)
}

/** JSON with its keys in order, so that the same action is always the same bytes; null where there are none. */
function propertiesText(properties: Readonly<Record<string, string>>): string | null {
  const keys = Object.keys(properties)
  if (keys.length === 0) return null
  return JSON.stringify(Object.fromEntries(keys.sort().map((key) => [key, properties[key]])))
}

/** Milliseconds that no Avro long of the log exceeds fit; others are cut off at the ends of 64 bits. */
function microseconds(ms: number): bigint {
  return BigInt.asIntN(64, BigInt(Math.trunc(ms)) * 1000n)
}
