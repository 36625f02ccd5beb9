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

/** Which part of a stream is driven here: users are dealt to shards, and each shard drives its users. */
export interface Shard {
  readonly shard: number
  readonly shards: number
  /** Whose users are dealt here, where that is a shard itself: the threads of one process of several. */
  readonly within?: Shard
}

export const WHOLE: Shard = { shard: 0, shards: 1 }

/** The shard that drives a user: dealt there and back, so that shards get equally popular users. */
export function shardOf(user: number, shards: number): number {
  const position = user % shards
  return Math.floor(user / shards) % 2 === 0 ? position : shards - 1 - position
}

/** Each round of as many users as there are shards leaves one to each: those are dealt again within the shard. */
export function isOwn(user: number, { shard, shards, within }: Shard): boolean {
  if (within === undefined) return shards === 1 || shardOf(user, shards) === shard
  if (!isOwn(user, within)) return false
  return shards === 1 || shardOf(Math.floor(user / within.shards), shards) === shard
}

/** True for the one shard that drives what is not dealt: inventory changes, canaries and reads. */
export function isFirst({ shard, within }: Shard): boolean {
  return shard === 0 && (within === undefined || isFirst(within))
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
