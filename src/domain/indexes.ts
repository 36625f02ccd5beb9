/** Indexes of the pipeline, the same on every stack. */
export const USER_BEHAVIOR_INDEX = 'user_behavior_index'
export const USER_PREFERENCE_INDEX = 'user_preference_index'
export const PREFERENCE_PROGRESS_INDEX = 'preference_progress_index'
export const PRODUCT_INDEX = 'product_index'
export const NOTIFICATION_HISTORY_INDEX = 'notification_history_index'
export const POST_INDEX = 'post_index'

/** All of them. */
export const INDEXES = [
  USER_BEHAVIOR_INDEX,
  USER_PREFERENCE_INDEX,
  PREFERENCE_PROGRESS_INDEX,
  PRODUCT_INDEX,
  NOTIFICATION_HISTORY_INDEX,
  POST_INDEX,
] as const

/** The ranked set of popular products: of all, or of one category. */
export function popularKey(category?: string): string {
  return category === undefined ? 'popular' : `popular:${category}`
}
