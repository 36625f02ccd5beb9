import type { Database } from 'lmdb'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed } from '../lmdb-keys.ts'
import type { StoredTopic } from './topic-store.ts'

// topic id u16 | partition u16 | base offset u48, all big-endian, so that byte order is offset order.
const KEY_BYTES = 10

/** The frames of a log by topic, partition and base offset. */
export class FrameStore {
  readonly #frames: Database<Uint8Array, Uint8Array>
  readonly #key = Buffer.alloc(KEY_BYTES)
  readonly #floor = Buffer.alloc(KEY_BYTES)

  constructor(environment: LmdbEnvironment) {
    this.#frames = openBinaryKeyed(environment.log, 'frames')
  }

  put(topic: StoredTopic, partition: number, base: number, frame: Buffer): void {
    this.#frames.putSync(writeKey(this.#key, topic, partition, base), frame)
  }

  remove(topic: StoredTopic, partition: number, base: number): void {
    this.#frames.removeSync(writeKey(this.#key, topic, partition, base))
  }

  /** A copy of the frame that begins at this offset. */
  at(topic: StoredTopic, partition: number, base: number): Buffer | undefined {
    const found = this.#frames.getBinaryFast(writeKey(this.#key, topic, partition, base))
    if (found === undefined) return undefined
    // `found` lies in memory that LMDB's binding reuses at the next read.
    const frame = Buffer.allocUnsafe(found.length)
    found.copy(frame, 0, 0, found.length)
    return frame
  }

  /** A copy of the last frame that begins at or below this offset. */
  covering(topic: StoredTopic, partition: number, offset: number): Buffer | undefined {
    const direct = this.at(topic, partition, offset)
    if (direct !== undefined) return direct
    const start = writeKey(this.#key, topic, partition, offset)
    const end = writeKey(this.#floor, topic, partition, 0)
    for (const { value } of this.#frames.getRange({
      start,
      end,
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    })) {
      return Buffer.from(value)
    }
    return undefined
  }
}

function writeKey(key: Buffer, topic: StoredTopic, partition: number, base: number): Buffer {
  key.writeUInt16BE(topic.id, 0)
  key.writeUInt16BE(partition, 2)
  key.writeUIntBE(base, 4, 6)
  return key
}
