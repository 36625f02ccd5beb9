import { USER_ACTION } from '../../domain/topics.ts'
import type { UpsertResult } from '../../ports/document-index.ts'
import type { LogRecord, Position } from '../../ports/event-log.ts'
import type { BehaviorDocument } from './behavior-document.ts'

/** What was taken from the log and is not settled yet, and how far settling it has come. */
export class PendingDocuments {
  documents: BehaviorDocument[] = []
  /** Due time of each document's event. */
  dueUs: number[] = []
  /** Dead letters, and how many of them are in the log already. */
  readonly letters: LogRecord[] = []
  appended = 0
  /** The outcome of the upsert, once it is durable whatever becomes of the offsets. */
  upserted: UpsertResult | null = null
  /** True once popularity is raised for good. */
  ranked = false
  #sinceMs = 0
  readonly #next = new Map<number, number>()

  /** Notes that a record was taken, whatever it was. */
  advance(partition: number, offset: number): void {
    if (this.#next.size === 0) this.#sinceMs = performance.now()
    this.#next.set(partition, offset + 1)
  }

  get empty(): boolean {
    return this.#next.size === 0
  }

  /** Time since the first record was taken, ms. */
  ageMs(): number {
    return this.empty ? 0 : performance.now() - this.#sinceMs
  }

  positions(): Position[] {
    return Array.from(this.#next, ([partition, offset]) => ({ topic: USER_ACTION, partition, offset }))
  }

  /** Takes out the documents at these positions, and what is known of them; returns them. */
  remove(positions: ReadonlySet<number>): BehaviorDocument[] {
    const removed = this.documents.filter((_, i) => positions.has(i))
    this.documents = this.documents.filter((_, i) => !positions.has(i))
    this.dueUs = this.dueUs.filter((_, i) => !positions.has(i))
    if (this.upserted !== null) {
      this.upserted = { created: this.upserted.created.filter((_, i) => !positions.has(i)), rejected: [] }
    }
    return removed
  }
}
