import type { StoredRecord } from '../../ports/event-log.ts'
import type { FrameStore } from './frame-store.ts'
import {
  FRAME_HEADER_BYTES,
  frameBase,
  frameCount,
  frameTimestampMs,
  readRecord,
  skipRecord,
} from './record-frame.ts'
import type { Heads, StoredTopic } from './topic-store.ts'

/** Reads one partition forward. Each frame is copied out of LMDB once, and records are views into that copy. */
export class PartitionReader {
  readonly topic: StoredTopic
  readonly partition: number
  readonly #frames: FrameStore
  #position: number
  #frame: Buffer | null = null
  #at = 0
  #end = 0

  constructor(frames: FrameStore, topic: StoredTopic, from: { partition: number; offset: number }) {
    this.#frames = frames
    this.topic = topic
    this.partition = from.partition
    this.#position = from.offset
  }

  /** The next offset to read. */
  get position(): number {
    return this.#position
  }

  hasMore(heads: Heads): boolean {
    return this.#position < heads.next(this.partition)
  }

  /** Appends at most `limit` records below the heads' next offset to `out`; returns how many. */
  take(heads: Heads, limit: number, out: StoredRecord[]): number {
    const next = heads.next(this.partition)
    let taken = 0
    while (taken < limit && this.#position < next) {
      if (this.#frame === null && !this.#open(heads)) break
      taken += this.#takeFromFrame(limit - taken, out)
    }
    return taken
  }

  /** Copies the frame of the position; what retention dropped meanwhile is passed over. */
  #open(heads: Heads): boolean {
    this.#position = Math.max(this.#position, heads.earliest(this.partition))
    const frame = this.#frames.covering(this.topic, this.partition, this.#position)
    if (frame === undefined) return false
    const base = frameBase(frame)
    this.#at = FRAME_HEADER_BYTES
    this.#end = base + frameCount(frame)
    if (this.#end <= this.#position) return false
    for (let offset = base; offset < this.#position; offset++) this.#at = skipRecord(frame, this.#at)
    this.#frame = frame
    return true
  }

  #takeFromFrame(limit: number, out: StoredRecord[]): number {
    const frame = this.#frame!
    const last = Math.min(this.#end, this.#position + limit)
    const taken = last - this.#position
    const place = {
      topic: this.topic.name,
      partition: this.partition,
      offset: this.#position,
      timestampMs: frameTimestampMs(frame),
    }
    while (place.offset < last) {
      out.push(readRecord(frame, this.#at, place))
      this.#at = skipRecord(frame, this.#at)
      place.offset++
    }
    this.#position = last
    if (last === this.#end) this.#frame = null
    return taken
  }
}
