import { USER_ACTION } from '../../domain/topics.ts'
import type { Consumer, Position } from '../../ports/event-log.ts'

/**
 * Offsets that are handled and not committed yet. A commit costs the broker as much as a small batch does, and each
 * would be one more round trip between two batches; what a crash repeats of it is known by its offsets.
 */
export class PendingCommit {
  readonly #next = new Map<number, number>()
  #sinceMs = 0

  /** Notes that all before these offsets, by partition, is handled. */
  advance(next: ReadonlyMap<number, number>): void {
    if (this.#next.size === 0) this.#sinceMs = performance.now()
    for (const [partition, offset] of next) this.#next.set(partition, offset)
  }

  /** Time since the first that is not committed, ms. */
  ageMs(): number {
    return this.#next.size === 0 ? 0 : performance.now() - this.#sinceMs
  }

  /** Forgets partitions that begin anew, or are another's now. */
  drop(isLost: (partition: number) => boolean): void {
    for (const partition of this.#next.keys()) if (isLost(partition)) this.#next.delete(partition)
  }

  async commit(consumer: Consumer): Promise<void> {
    const positions: Position[] = Array.from(this.#next, ([partition, offset]) => ({
      topic: USER_ACTION,
      partition,
      offset,
    }))
    if (positions.length > 0) await consumer.commit(positions)
    this.#next.clear()
  }
}
