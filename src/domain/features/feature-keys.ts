/** Hash of a user's features, as they are read. */
export function featuresKey(userId: string): string {
  return `user_features:${userId}`
}

/** List of the products that a user acted on last, newest first. */
export function recentKey(userId: string): string {
  return `user_recent:${userId}`
}

/** What the feature stage keeps of a user. */
export function stateKey(userId: string): string {
  return `feature:state:${userId}`
}

/** How far the feature stage is in a partition. */
export function markKey(partition: number): string {
  return `feature:mark:${partition}`
}

/** Users who were active in a minute of a partition's event time, a few hundred a key. */
export function activeKey(partition: number, minute: number, part: number): string {
  return `feature:active:${partition}:${minute}:${part}`
}
