import type { ActionContext, UserAction } from '../../domain/events.ts'
import type { ClickContext, ClickEvent } from './click-event.ts'

/** A user action in the rich clickstream shape; `readClickEvent` gives the same action back. */
export function writeClickEvent(action: UserAction): ClickEvent {
  const properties: ClickEvent['properties'] = { ...action.properties }
  if (present(action.productId)) properties.product_id = action.productId
  if (present(action.category)) properties.category = action.category
  if (present(action.price)) properties.price = action.price
  if (present(action.query)) properties.query = action.query
  return {
    event_id: action.traceId,
    user_id: action.userId,
    session_id: action.sessionId,
    event_type: action.actionType.toLowerCase(),
    timestamp: new Date(action.timestamp).toISOString(),
    ...(present(action.context) ? { context: writeContext(action.context) } : {}),
    properties,
  }
}

function writeContext({ page, device, weather, temporal, user, campaign }: ActionContext): ClickContext {
  const context: ClickContext = {}
  if (present(page)) context.page = { url: page.url, ...optional('referrer', page.referrer) }
  if (present(device)) context.device = { type: device.type }
  if (present(weather)) context.weather = { status: weather.status, temperature: weather.temperature }
  if (present(temporal)) {
    context.temporal = { time_of_day: temporal.timeOfDay, day_of_week: temporal.dayOfWeek }
  }
  if (present(user)) context.user = { login_status: user.loginStatus, ...optional('segment', user.segment) }
  if (present(campaign)) {
    context.campaign = { utm_source: campaign.utmSource, ...optional('utm_campaign', campaign.utmCampaign) }
  }
  return context
}

function optional<K extends string>(name: K, value: string | null | undefined): { [name in K]?: string } {
  return present(value) ? ({ [name]: value } as { [name in K]: string }) : {}
}

function present<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}
