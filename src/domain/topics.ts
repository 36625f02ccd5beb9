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

export const USER_ACTION: TopicName = 'user.action.v1'
export const PRODUCT_INVENTORY: TopicName = 'product.inventory.v1'
export const NOTIFICATION_PUSH: TopicName = 'notification.push.v1'

/** Every topic with its partition count. Keys: user id, except for inventory changes (product id). */
export const TOPICS: readonly TopicSpec[] = [
  { name: 'user.action.v1', partitions: 12 },
  { name: 'user.action.v1.dlq', partitions: 3 },
  { name: 'product.inventory.v1', partitions: 3 },
  { name: 'product.inventory.v1.dlq', partitions: 3 },
  { name: 'notification.push.v1', partitions: 6 },
  { name: 'notification.push.v1.dlq', partitions: 3 },
]

/** The dead-letter topic beside a topic: `<topic>.dlq`. */
export function deadLetterTopic(topic: string): TopicName {
  return `${topic}.dlq` as TopicName
}
