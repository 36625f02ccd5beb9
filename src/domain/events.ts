/** What a user can do. The order is the Avro enum's order and must only ever grow at its end. */
export const ACTION_TYPES = [
  'VIEW',
  'CLICK',
  'SEARCH',
  'IMPRESSION',
  'ADD_TO_CART',
  'REMOVE_FROM_CART',
  'PURCHASE',
  'LIKE',
  'UNLIKE',
  'PAGE_VIEW',
] as const
export type ActionType = (typeof ACTION_TYPES)[number]

/** Where and when an action happened; constant over a session but for the page. */
export interface ActionContext {
  page?: { url: string; referrer?: string | null } | null
  device?: { type: string } | null
  weather?: { status: string; temperature: number } | null
  temporal?: { timeOfDay: string; dayOfWeek: string } | null
  user?: { loginStatus: string; segment?: string | null } | null
  campaign?: { utmSource: string; utmCampaign?: string | null } | null
}

/** One user action (topic `user.action.v1`, key = user id). */
export interface UserAction {
  /** Unique id of the event: a UUID; the id of its document and the key of every de-duplication. */
  traceId: string
  userId: string
  sessionId: string
  actionType: ActionType
  /** Event time, milliseconds since the epoch. */
  timestamp: number
  productId?: string | null
  category?: string | null
  price?: number | null
  query?: string | null
  context?: ActionContext | null
  properties: Record<string, string>
}

export type InventoryKind = 'PRICE' | 'STOCK'

/** One change of a product's price or stock (topic `product.inventory.v1`, key = product id). */
export interface InventoryChange {
  traceId: string
  productId: string
  kind: InventoryKind
  previousPrice?: number | null
  price?: number | null
  previousStock?: number | null
  stock?: number | null
  /** Event time, milliseconds since the epoch. */
  timestamp: number
}

/** The first three come from inventory changes, the last from an abandoned cart. */
export type NotificationKind = 'PRICE_DROP' | 'BACK_IN_STOCK' | 'LOW_STOCK' | 'CART_REMINDER'
export type NotificationChannel = 'PUSH' | 'SMS' | 'WEBHOOK'

/** One message to one user (topic `notification.push.v1`, key = user id). */
export interface Notification {
  traceId: string
  userId: string
  productId: string
  kind: NotificationKind
  channel: NotificationChannel
  title: string
  body: string
  /** Trace id of the inventory change or of the pattern that caused it. */
  causeTraceId: string
  /** Milliseconds since the epoch. */
  createdAt: number
}

/** A pattern that was found in a user's actions (topic `user.pattern.v1`, key = user id). */
export interface UserPattern {
  /** Follows from user, pattern and first event: the same however often it is found again. */
  traceId: string
  userId: string
  /** Its name in the feature definitions, e.g. `cart_abandonment_risk`. */
  pattern: string
  /** Event time of its first event, milliseconds since the epoch. */
  beganAt: number
  /** Event time at which it was complete. */
  detectedAt: number
  /** Trace id of its first event. */
  causeTraceId: string
  productIds: string[]
  /** Whether the user is to be reminded. */
  remind: boolean
}

/** One thing that can be recommended. */
export interface Product {
  id: string
  name: string
  category: string
  description: string
  /** In the catalogue's currency; 0 where the source gives none. */
  price: number
  stock: number
}
