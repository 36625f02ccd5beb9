import { ACTION_TYPES, type Product } from '../domain/events.ts'
import { type ActionHead, type ActionWriter, MOST_KEY_BYTES } from './action-encoder.ts'
import { queriesFor } from './action-fragments.ts'
import { Fragments } from './avro-bytes.ts'
import { CAMPAIGN_FACTS, MOMENT_FACTS, PLACE_FACTS } from './session-context.ts'
import type { SessionModel } from './session-model.ts'
import { ACTION_TYPE_OF_STEP } from './session-steps.ts'
import { propertyMaps, type ShopPages } from './shop-pages.ts'
import { TraceIdBytes } from './trace-id-bytes.ts'

const text = new TextEncoder()
const HEAD = text.encode('{"event_id":"')
const USER = text.encode('","user_id":"')
const SESSION = text.encode('","session_id":"')
const TYPES = ACTION_TYPES.map((type) => text.encode(`","event_type":"${type.toLowerCase()}","timestamp":`))
const CONTEXT = text.encode(',"context":{"page":{"url":')
const REFERRER = text.encode(',"referrer":')
const PROPERTIES = text.encode('},"properties":')
const [OPEN, CLOSE, DASH, ZERO] = [123, 125, 45, 48]
/** The constants above, digits of a session and of a time. */
const FIXED_BYTES = 256

const PLACES = fragments(
  PLACE_FACTS.map(
    ({ device, weather }) => `},"device":{"type":"${device}"},"weather":${JSON.stringify(weather)}`,
  ),
)
const MOMENTS = fragments(
  MOMENT_FACTS.map(
    ({ timeOfDay, dayOfWeek, loginStatus, segment }) =>
      `,"temporal":{"time_of_day":"${timeOfDay}","day_of_week":"${dayOfWeek}"},` +
      `"user":{"login_status":"${loginStatus}","segment":"${segment}"}`,
  ),
)
const CAMPAIGNS = fragments(
  CAMPAIGN_FACTS.map((campaign) => {
    if (campaign === null) return ''
    const { utmSource: utm_source, utmCampaign } = campaign
    const known = utmCampaign === null ? {} : { utm_campaign: utmCampaign }
    return `,"campaign":${JSON.stringify({ utm_source, ...known })}`
  }),
)

/**
 * Writes user actions in the rich clickstream shape that the collector takes, by copying fragments that were
 * made before. A property test holds that the collector reads from them what ActionEncoder writes.
 */
export class ActionJson implements ActionWriter {
  readonly maxBytes: number
  readonly #traceId: TraceIdBytes
  /** Each begins with a comma; what a product or query does not have is empty. */
  readonly #ids: Fragments
  readonly #offers: Fragments
  readonly #queries: Fragments
  readonly #properties: Fragments
  readonly #pages: Fragments

  constructor(products: readonly Product[], pages: ShopPages, tag: number) {
    this.#traceId = new TraceIdBytes(tag)
    this.#ids = fragments([...products.map(({ id }) => `,"product_id":${quoted(id)}`), ''])
    this.#offers = fragments([
      ...products.map(({ category, price }) => `,"category":${quoted(category)},"price":${price}`),
      '',
    ])
    this.#queries = fragments([
      ...products.flatMap(queriesFor).map((query) => `,"query":${quoted(query)}`),
      '',
    ])
    this.#properties = fragments(
      propertyMaps().map((map) => JSON.stringify(map).replace(/^{/, ',').slice(0, -1).replace(/^,$/, '')),
    )
    this.#pages = fragments(pages.urls.map(quoted))
    const parts = [PLACES, MOMENTS, CAMPAIGNS, this.#ids, this.#offers, this.#queries, this.#properties]
    this.maxBytes =
      FIXED_BYTES +
      2 * MOST_KEY_BYTES +
      2 * this.#pages.longest +
      parts.reduce((sum, { longest }) => sum + longest, 0)
  }

  write(target: Uint8Array, from: number, action: ActionHead, sessions: SessionModel): number {
    this.#traceId.setTime(action.timestampMs)
    this.#traceId.setSequence(action.sequence)
    let at = put(HEAD, target, from)
    at = put(this.#traceId.bytes, target, at)
    at = put(USER, target, at)
    at = put(action.key, target, at)
    at = put(SESSION, target, at)
    at = put(action.key, target, at)
    target[at++] = DASH
    at = putNumber(sessions.session, target, at)
    at = put(TYPES[ACTION_TYPE_OF_STEP[sessions.step]!]!, target, at)
    at = putNumber(action.timestampMs, target, at)
    at = this.#writeContext(target, at, sessions)
    at = this.#writeProperties(target, at, sessions)
    target[at++] = CLOSE
    return at
  }

  #writeContext(target: Uint8Array, from: number, sessions: SessionModel): number {
    let at = put(CONTEXT, target, from)
    at = this.#pages.copy(sessions.page, target, at)
    if (sessions.referrer >= 0) {
      at = put(REFERRER, target, at)
      at = this.#pages.copy(sessions.referrer, target, at)
    }
    at = PLACES.copy(sessions.place, target, at)
    at = MOMENTS.copy(sessions.moment, target, at)
    return CAMPAIGNS.copy(sessions.campaign, target, at)
  }

  #writeProperties(target: Uint8Array, from: number, sessions: SessionModel): number {
    const start = put(PROPERTIES, target, from)
    let at = this.#ids.copy(sessions.product, target, start)
    at = this.#queries.copy(sessions.query, target, at)
    at = this.#offers.copy(sessions.product, target, at)
    at = this.#properties.copy(sessions.properties, target, at)
    // The first comma, or nothing, becomes the opening brace.
    target[start] = OPEN
    at = Math.max(at, start + 1)
    target[at++] = CLOSE
    return at
  }
}

function fragments(texts: readonly string[]): Fragments {
  return new Fragments(texts.map((fragment) => text.encode(fragment)))
}

function quoted(value: string): string {
  return JSON.stringify(value.toWellFormed())
}

function put(bytes: Uint8Array, target: Uint8Array, from: number): number {
  for (let i = 0; i < bytes.length; i++) target[from + i] = bytes[i]!
  return from + bytes.length
}

function putNumber(value: number, target: Uint8Array, from: number): number {
  let digits = 1
  for (let rest = value; rest > 9; rest = Math.floor(rest / 10)) digits++
  let rest = value
  for (let i = from + digits - 1; i >= from; i--) {
    target[i] = ZERO + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  return from + digits
}
