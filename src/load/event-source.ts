import type { TopicName } from '../domain/topics.ts'
import type { Stream } from '../domain/trace-id.ts'
import type { EventBatch } from './event-batch.ts'

/** Events of one stream in the order of their due times, pulled by whoever drives them. */
export interface EventSource {
  readonly stream: Stream
  readonly topic: TopicName
  /** Due time of the next event, µs since the start of the run; Infinity when there is none. */
  peekDueUs(): number
  /** Adds the events due until `untilUs` (inclusive) to the batch, as many as fit; returns how many. */
  fill(batch: EventBatch, untilUs: number): number
}

/** Which part of a stream a thread drives: users are dealt to shards, and each shard drives its users. */
export interface Shard {
  readonly shard: number
  readonly shards: number
}

export const WHOLE: Shard = { shard: 0, shards: 1 }

/** The shard that drives a user: dealt there and back, so that shards get equally popular users. */
export function shardOf(user: number, shards: number): number {
  const position = user % shards
  return Math.floor(user / shards) % 2 === 0 ? position : shards - 1 - position
}

export function isOwn(user: number, { shard, shards }: Shard): boolean {
  return shards === 1 || shardOf(user, shards) === shard
}

/** The source whose next event is due first, the earlier in the list when both are; null at the end. */
export function earliest(sources: readonly EventSource[]): EventSource | null {
  let first: EventSource | null = null
  let leastUs = Infinity
  for (const source of sources) {
    const dueUs = source.peekDueUs()
    if (dueUs >= leastUs) continue
    leastUs = dueUs
    first = source
  }
  return first
}
