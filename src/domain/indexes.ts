/** Names of the search indexes, the same on every stack. */
export const USER_BEHAVIOR_INDEX = 'user_behavior_index'
export const NOTIFICATION_HISTORY_INDEX = 'notification_history_index'
export const PRODUCT_INDEX = 'product_index'
export const USER_PREFERENCE_INDEX = 'user_preference_index'

/** What each document index can be searched by. */
export const DOCUMENT_INDEXES = [
  { index: USER_BEHAVIOR_INDEX, lookups: ['productId', 'userId'], time: 'timestamp' },
  { index: NOTIFICATION_HISTORY_INDEX, lookups: ['userId', 'productId'], time: 'createdAt' },
] as const
