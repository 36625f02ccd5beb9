import { USER_BEHAVIOR_INDEX } from '../../domain/indexes.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { UpsertResult } from '../../ports/document-index.ts'
import type { Consumer } from '../../ports/event-log.ts'
import type { Stack } from '../../ports/stack.ts'
import { appendDeadLetters, deadLetterRecord } from '../dead-letter.ts'
import type { PendingDocuments } from './pending-documents.ts'
import { foldPopularity, rankAll } from './popularity.ts'

type Refusals = UpsertResult['rejected']

/** Ends a settlement in which documents were refused, so that no offset is committed before their dead letters. */
class DocumentsRefused extends Error {
  readonly refusals: Refusals

  constructor(refusals: Refusals) {
    super(`${refusals.length} documents were refused`)
    this.refusals = refusals
  }
}

export interface SettleOptions {
  readonly stack: Stack
  readonly consumer: Consumer
  /** Name of the stage, for its dead letters. */
  readonly stage: string
  readonly weights: Readonly<Record<string, number>>
}

/**
 * Settles documents, popularity and offsets, dead letters first. After a retryable error it may be called
 * again with the same pending: what is durable by then is not written twice.
 */
export async function settlePending(pending: PendingDocuments, options: SettleOptions): Promise<void> {
  const { stack, consumer } = options
  for (;;) {
    await appendDeadLetters(stack.log, USER_ACTION, pending.letters.slice(pending.appended))
    pending.appended = pending.letters.length
    try {
      await stack.settlement.settle(
        () => writeEffects(pending, options),
        () => consumer.commit(pending.positions()),
      )
      return
    } catch (error) {
      if (stack.settlement.atomic) pending.upserted = null
      if (!(error instanceof DocumentsRefused)) throw error
      await bury(pending, error.refusals, options)
    }
  }
}

async function writeEffects(pending: PendingDocuments, { stack, weights }: SettleOptions): Promise<void> {
  if (pending.documents.length === 0) return
  const upsert = () => stack.documents.upsertMany(USER_BEHAVIOR_INDEX, pending.documents)
  const rank = (counted: Uint8Array | null) =>
    rankAll(stack.keyValue, foldPopularity(pending.documents, weights, counted))
  if (stack.settlement.atomic) {
    // All writes before the first await, as one transaction needs them; so a repeat's popularity counts.
    const [upserted] = await Promise.all([upsert(), rank(null)])
    refuse(upserted)
    pending.upserted = upserted
    return
  }
  pending.upserted ??= await upsert()
  refuse(pending.upserted)
  if (!pending.ranked) await rank(pending.upserted.created)
  pending.ranked = true
}

function refuse({ rejected }: UpsertResult): void {
  if (rejected.length > 0) throw new DocumentsRefused(rejected)
}

/** Turns refused documents into dead letters; their bytes are read again, for only the document was kept. */
async function bury(pending: PendingDocuments, refusals: Refusals, options: SettleOptions): Promise<void> {
  const { stack, stage } = options
  const removed = pending.remove(new Set(refusals.map(({ position }) => position)))
  const reasons = refusals.toSorted((a, b) => a.position - b.position)
  for (const [i, { fields }] of removed.entries()) {
    const { partition, offset } = fields
    const [record] = await stack.log.read({ topic: USER_ACTION, partition, offset }, 1)
    if (record?.offset !== offset) {
      throw new RepError(
        'REP_LOG_UNAVAILABLE',
        `Record ${offset} of ${USER_ACTION} partition ${partition} is to be dead-lettered, but cannot be read.`,
      )
    }
    pending.letters.push(deadLetterRecord(record, stage, `document refused: ${reasons[i]!.reason}`))
  }
}
