/** One topic of the pipeline, the same on every stack. */
export interface TopicSpec {
  readonly name: TopicName
  readonly partitions: number
}

export type TopicName =
  | 'user.action.v1'
  | 'user.action.v1.dlq'
  | 'product.inventory.v1'
  | 'product.inventory.v1.dlq'
  | 'notification.push.v1'
  | 'notification.push.v1.dlq'
  | 'user.pattern.v1'
  | 'user.pattern.v1.dlq'
  | 'user.custom.v1'
  | 'collect.bad.v1'

export const USER_ACTION: TopicName = 'user.action.v1'
export const PRODUCT_INVENTORY: TopicName = 'product.inventory.v1'
export const NOTIFICATION_PUSH: TopicName = 'notification.push.v1'
/** Patterns found in users' actions. */
export const USER_PATTERN: TopicName = 'user.pattern.v1'
/** Collected events of types that no action has, as JSON; key: user id. */
export const USER_CUSTOM: TopicName = 'user.custom.v1'
/** What the collector could not take, with the reason, as JSON; key: who sent it. */
export const COLLECT_BAD: TopicName = 'collect.bad.v1'

/** Every topic with its partition count. Keys: user id, except for inventory changes (product id) and bad events (their sender). */
export const TOPICS: readonly TopicSpec[] = [
  { name: 'user.action.v1', partitions: 12 },
  { name: 'user.action.v1.dlq', partitions: 3 },
  { name: 'product.inventory.v1', partitions: 3 },
  { name: 'product.inventory.v1.dlq', partitions: 3 },
  { name: 'notification.push.v1', partitions: 6 },
  { name: 'notification.push.v1.dlq', partitions: 3 },
  { name: 'user.pattern.v1', partitions: 6 },
  { name: 'user.pattern.v1.dlq', partitions: 3 },
  { name: 'user.custom.v1', partitions: 6 },
  { name: 'collect.bad.v1', partitions: 3 },
]

/** The dead-letter topic beside a topic: `<topic>.dlq`. */
export function deadLetterTopic(topic: string): TopicName {
  return `${topic}.dlq` as TopicName
}
