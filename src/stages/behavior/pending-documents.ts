import { USER_ACTION } from '../../domain/topics.ts'
import type { UpsertResult } from '../../ports/document-index.ts'
import type { LogRecord, Position } from '../../ports/event-log.ts'
import type { BehaviorDocument } from './behavior-document.ts'
import type { Increments } from './popularity.ts'

/** A dead letter on its way. */
interface PendingLetter {
  /** Partition of the original. */
  readonly partition: number
  readonly record: LogRecord
  /** True once it is in the dead-letter topic. */
  appended: boolean
}

/** What was taken from the log and is not settled yet, and how far settling it has come. */
export class PendingDocuments {
  documents: BehaviorDocument[] = []
  /** Due time of each document's event. */
  dueUs: number[] = []
  letters: PendingLetter[] = []
  /** What stored documents are worth to the popularity of products, not yet counted. */
  readonly increments: Increments = new Map()
  /** Which documents were new, once they are stored for good, whatever becomes of the offsets. */
  upserted: UpsertResult | null = null
  #sinceMs = 0
  readonly #next = new Map<number, number>()

  /** Notes that a record was taken, whatever it was. */
  advance(partition: number, offset: number): void {
    if (this.#next.size === 0) this.#sinceMs = performance.now()
    this.#next.set(partition, offset + 1)
  }

  addDocument(document: BehaviorDocument, dueUs: number): void {
    this.documents.push(document)
    this.dueUs.push(dueUs)
  }

  addLetter(partition: number, record: LogRecord): void {
    this.letters.push({ partition, record, appended: false })
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

  /** Takes out every document: they are accounted for, and what is left to settle is offsets. */
  takeDocuments(): PendingDocuments {
    const taken = new PendingDocuments()
    taken.documents = this.documents
    taken.dueUs = this.dueUs
    taken.upserted = this.upserted
    this.documents = []
    this.dueUs = []
    this.upserted = null
    return taken
  }

  /** Takes out all that is of these partitions; null where there is nothing. */
  withdraw(isLost: (partition: number) => boolean): PendingDocuments | null {
    const partitions = [...this.#next.keys()].filter(isLost)
    if (partitions.length === 0) return null
    const lost = this.removeDocuments((i) => isLost(this.documents[i]!.fields.partition))
    lost.letters = this.letters.filter(({ partition }) => isLost(partition))
    this.letters = this.letters.filter(({ partition }) => !isLost(partition))
    for (const partition of partitions) this.#next.delete(partition)
    return lost
  }

  /** Takes out the documents at the positions that `isOut` names, with what is known of them. */
  removeDocuments(isOut: (position: number) => boolean): PendingDocuments {
    const out = new PendingDocuments()
    const isIn = (position: number) => !isOut(position)
    const { documents, dueUs, upserted } = this
    out.documents = documents.filter((_, i) => isOut(i))
    out.dueUs = dueUs.filter((_, i) => isOut(i))
    // `isOut` may look at the documents as they were: they are replaced last.
    const created = upserted?.created.filter((_, i) => isOut(i))
    if (upserted !== null)
      this.upserted = { created: upserted.created.filter((_, i) => isIn(i)), rejected: [] }
    out.upserted = created === undefined ? null : { created, rejected: [] }
    this.dueUs = dueUs.filter((_, i) => isIn(i))
    this.documents = documents.filter((_, i) => isIn(i))
    return out
  }
}
