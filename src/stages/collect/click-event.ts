/** Most events of one request. */
export const MOST_EVENTS = 1000
/** Longest id or event type, characters. */
export const LONGEST_ID = 200
/** Most bytes of one event in the log: well under what one record may have on any stack. */
export const MOST_EVENT_BYTES = 256 * 1024

/** Where a request or event is wrong: a JSON Pointer (RFC 6901) into the request's body, and what is wrong there. */
export interface Fault {
  readonly pointer: string
  readonly message: string
}

/** The rich clickstream shape, as senders know it. docs/collector.md has the table to and from a user action. */
export interface ClickEvent {
  event_id: string
  user_id: string
  session_id: string
  event_type: string
  /** ISO 8601 with its zone. */
  timestamp: string
  context?: ClickContext
  /** `product_id`, `category`, `price` and `query` have fields of their own in a user action; the rest is text. */
  properties: Record<string, string | number>
}

export interface ClickContext {
  page?: { url: string; referrer?: string }
  device?: { type: string }
  weather?: { status: string; temperature: number }
  temporal?: { time_of_day: string; day_of_week: string }
  user?: { login_status: string; segment?: string }
  campaign?: { utm_source: string; utm_campaign?: string }
}
