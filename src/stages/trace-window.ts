import type { EventLog, Position, StoredRecord } from '../ports/event-log.ts'

const READ_RECORDS = 2000

interface PartitionWindow {
  readonly known: Set<string>
  /** The same ids by age: a ring. */
  readonly ring: (string | undefined)[]
  next: number
}

/**
 * The last trace ids of each partition of one topic. An event that a producer appended twice has two
 * offsets, so only its trace id tells; it has one key, so both copies are in one partition.
 */
export class TraceWindow {
  readonly #capacity: number
  readonly #partitions = new Map<number, PartitionWindow>()

  /** `capacity`: trace ids remembered of each partition; 0 remembers none. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Remembers an id; false when it is known already. */
  add(partition: number, traceId: string): boolean {
    if (this.#capacity === 0) return true
    const window = this.#of(partition)
    const before = window.known.size
    if (window.known.add(traceId).size === before) return false
    const oldest = window.ring[window.next]
    if (oldest !== undefined) window.known.delete(oldest)
    window.ring[window.next] = traceId
    window.next = window.next + 1 === this.#capacity ? 0 : window.next + 1
    return true
  }

  /** Forgets an id whose event was not handled after all. */
  forget(partition: number, traceId: string): void {
    this.#partitions.get(partition)?.known.delete(traceId)
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

  #of(partition: number): PartitionWindow {
    let window = this.#partitions.get(partition)
    if (window === undefined) {
      window = { known: new Set(), ring: new Array<string | undefined>(this.#capacity), next: 0 }
      this.#partitions.set(partition, window)
    }
    return window
  }
}
