import { NOTIFICATION_HISTORY_INDEX } from '../../domain/indexes.ts'
import { NOTIFICATION_PUSH } from '../../domain/topics.ts'
import type { IndexedDocument } from '../../ports/document-index.ts'
import type { LogRecord, StoredRecord } from '../../ports/event-log.ts'
import type { Stack } from '../../ports/stack.ts'
import { appendDeadLetters, deadLetterRecord } from '../dead-letter.ts'

/** How a record ended. */
export interface Outcome {
  readonly record: StoredRecord
  /** Its history entry; null for what is no notification. */
  readonly document: IndexedDocument | null
  /** Why it is dead-lettered; null where it is not. */
  readonly deadLetter: string | null
  /** Told once all of it is durable. */
  readonly onDurable: (deadLettered: boolean) => void
}

/** An outcome, and what of it is still to write. */
interface PendingOutcome {
  readonly outcome: Outcome
  document: IndexedDocument | null
  letter: LogRecord | null
  deadLettered: boolean
}

/**
 * Writes outcomes as they come, all that have gathered in one go: dead letters first, then the history. After
 * an error it waits for `check` to try again, which is how the stage's runner sees the error and backs off.
 */
export class OutcomeWriter {
  readonly #stack: Stack
  readonly #stage: string
  readonly #pending: PendingOutcome[] = []
  #writing: Promise<void> | null = null
  #failed = false

  /** `stage`: name of the stage, for its dead letters. */
  constructor(stack: Stack, stage: string) {
    this.#stack = stack
    this.#stage = stage
  }

  add(outcome: Outcome): void {
    const { document, deadLetter } = outcome
    const letter = deadLetter === null ? null : deadLetterRecord(outcome.record, this.#stage, deadLetter)
    this.#pending.push({ outcome, document, letter, deadLettered: false })
    if (this.#failed || this.#writing !== null) return
    // The error is kept as the flag: `check` makes it again.
    this.#start().catch(() => undefined)
  }

  /** Tries again what failed; rejects where it fails again. Does not wait for what is being written. */
  async check(): Promise<void> {
    if (this.#failed) await this.#start()
  }

  /** Resolves when every outcome is durable; rejects with the store's or the log's error. */
  async settled(): Promise<void> {
    while (this.#writing !== null || this.#pending.length > 0) await (this.#writing ?? this.#start())
  }

  #start(): Promise<void> {
    this.#writing = this.#write()
    return this.#writing
  }

  async #write(): Promise<void> {
    // One turn of the microtask queue: outcomes of sends that ended together are written together.
    await Promise.resolve()
    try {
      while (this.#pending.length > 0) await this.#writeAll(this.#pending.slice())
      this.#failed = false
    } catch (error) {
      this.#failed = true
      throw error
    } finally {
      // Here and not when the promise has told others: an outcome that comes in between starts a new write.
      this.#writing = null
    }
  }

  async #writeAll(batch: readonly PendingOutcome[]): Promise<void> {
    do await this.#appendLetters(batch)
    while (await this.#writeHistory(batch))
    this.#pending.splice(0, batch.length)
    for (const { outcome, deadLettered } of batch) outcome.onDurable(deadLettered)
  }

  async #appendLetters(batch: readonly PendingOutcome[]): Promise<void> {
    const waiting = batch.filter(({ letter }) => letter !== null)
    await appendDeadLetters(
      this.#stack.log,
      NOTIFICATION_PUSH,
      waiting.map(({ letter }) => letter!),
    )
    for (const pending of waiting) {
      pending.letter = null
      pending.deadLettered = true
    }
  }

  /** True where the history refused something for good, which then has a dead letter to be appended. */
  async #writeHistory(batch: readonly PendingOutcome[]): Promise<boolean> {
    const waiting = batch.filter(({ document }) => document !== null)
    if (waiting.length === 0) return false
    const documents = waiting.map(({ document }) => document!)
    const { rejected } = await this.#stack.documents.upsertMany(NOTIFICATION_HISTORY_INDEX, documents)
    for (const pending of waiting) pending.document = null
    for (const { position, reason } of rejected) {
      const { outcome, deadLettered } = waiting[position]!
      if (deadLettered) continue
      const why = `sent, but its history entry was refused: ${reason}`
      waiting[position]!.letter = deadLetterRecord(outcome.record, this.#stage, why)
    }
    return batch.some(({ letter }) => letter !== null)
  }
}
