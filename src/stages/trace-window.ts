import { createHash } from 'node:crypto'
import { isUuid, writeUuid } from '../domain/uuid.ts'
import { RecentIds } from '../kernel/recent-ids.ts'
import type { EventLog, Position, StoredRecord } from '../ports/event-log.ts'

const READ_RECORDS = 2000

/**
 * The last trace ids of each partition of one topic. An event that a producer appended twice has two
 * offsets, so only its trace id tells; it has one key, so both copies are in one partition.
 */
export class TraceWindow {
  readonly #capacity: number
  readonly #partitions = new Map<number, RecentIds>()
  readonly #bytes = Buffer.alloc(16)

  /** `capacity`: trace ids remembered of each partition; 0 remembers none. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Remembers an id; false when it is known already. */
  add(partition: number, traceId: string): boolean {
    if (this.#capacity === 0) return true
    return this.#of(partition, traceId).add()
  }

  /** Forgets an id whose event was not handled after all. */
  forget(partition: number, traceId: string): void {
    if (this.#capacity > 0) this.#of(partition, traceId).delete()
  }

  /**
   * Reads the windows of newly assigned partitions back from the log: the records before each position.
   * `traceIdOf` gives a record's trace id, or null for one that cannot be decoded.
   */
  async refill(
    log: EventLog,
    assigned: readonly Position[],
    traceIdOf: (record: StoredRecord) => string | null,
  ): Promise<void> {
    for (const position of assigned) {
      this.#partitions.delete(position.partition)
      let offset = Math.max(0, position.offset - this.#capacity)
      while (offset < position.offset) {
        const batch = await log.read(
          { ...position, offset },
          Math.min(READ_RECORDS, position.offset - offset),
        )
        for (const record of batch) {
          const traceId = record.offset < position.offset ? traceIdOf(record) : null
          if (traceId !== null) this.add(position.partition, traceId)
        }
        const last = batch.at(-1)
        if (last === undefined) break
        offset = last.offset + 1
      }
    }
  }

  /** The ids of a partition, with this one under way. */
  #of(partition: number, traceId: string): RecentIds {
    let ids = this.#partitions.get(partition)
    if (ids === undefined) {
      ids = new RecentIds(this.#capacity)
      this.#partitions.set(partition, ids)
    }
    const bytes = this.#bytes
    if (isUuid(traceId)) writeUuid(traceId, bytes, 0)
    // 128 bits of a cryptographic hash stand for an id of any other form.
    else createHash('sha256').update(traceId).digest().copy(bytes, 0, 0, 16)
    for (let word = 0; word < 4; word++) ids.id[word] = bytes.readUInt32LE(word * 4)
    return ids
  }
}
