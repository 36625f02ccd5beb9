import type { LmdbEnvironment } from '../lmdb-environment.ts'
import type { FrameStore } from './frame-store.ts'
import { frameCount, frameTimestampMs } from './record-frame.ts'
import type { Heads, StoredTopic, TopicStore } from './topic-store.ts'

export interface RetentionLimits {
  readonly maxBytes?: number
  readonly maxAgeMs?: number
}

// Frames dropped in one transaction: appends wait for it, so it must be short.
const FRAMES_AT_ONCE = 256

export interface RetentionStores {
  readonly log: LmdbEnvironment['log']
  readonly topics: TopicStore
  readonly frames: FrameStore
}

/** Drops the topic's oldest frames, whichever partition they are in, while it is beyond a limit; returns the records dropped. */
export async function dropOldest(
  stores: RetentionStores,
  topic: StoredTopic,
  limits: RetentionLimits,
): Promise<number> {
  const olderThanMs = Date.now() - (limits.maxAgeMs ?? Number.POSITIVE_INFINITY)
  const maxBytes = limits.maxBytes ?? Number.POSITIVE_INFINITY
  for (let dropped = 0; ; ) {
    const { records, done } = dropSome(stores, topic, { olderThanMs, maxBytes })
    dropped += records
    if (done) return dropped
    // Lets appends of this thread in between.
    await new Promise(setImmediate)
  }
}

function dropSome(
  { log, topics, frames }: RetentionStores,
  topic: StoredTopic,
  limits: { olderThanMs: number; maxBytes: number },
): { records: number; done: boolean } {
  return log.transact(() => {
    const heads = topics.heads(topic)
    const oldest = Array.from({ length: topic.partitions }, (_, p) => firstFrame(frames, topic, heads, p))
    let bytes = oldest.reduce((sum, _, partition) => sum + heads.storedBytes(partition), 0)
    let records = 0
    for (let i = 0; i < FRAMES_AT_ONCE; i++) {
      const partition = oldestPartition(oldest)
      const frame = oldest[partition]
      if (frame == null || (bytes <= limits.maxBytes && frameTimestampMs(frame) >= limits.olderThanMs)) {
        topics.putHeads(topic, heads)
        return { records, done: true }
      }
      frames.remove(topic, partition, heads.earliest(partition))
      heads.dropped(partition, frameCount(frame), frame.length)
      records += frameCount(frame)
      bytes -= frame.length
      oldest[partition] = firstFrame(frames, topic, heads, partition)
    }
    topics.putHeads(topic, heads)
    return { records, done: false }
  })
}

function firstFrame(frames: FrameStore, topic: StoredTopic, heads: Heads, partition: number): Buffer | null {
  return frames.at(topic, partition, heads.earliest(partition)) ?? null
}

/** The partition whose first frame is the oldest; -1 where there is no frame at all. */
function oldestPartition(frames: readonly (Buffer | null)[]): number {
  let found = -1
  let oldestMs = Number.POSITIVE_INFINITY
  frames.forEach((frame, partition) => {
    if (frame === null || frameTimestampMs(frame) >= oldestMs) return
    found = partition
    oldestMs = frameTimestampMs(frame)
  })
  return found
}
