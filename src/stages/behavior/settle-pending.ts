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
  /** Told, once for each document, when documents and their popularity are durable. */
  readonly onDurable: (documents: PendingDocuments) => void
}

/**
 * Settles documents, popularity and offsets, dead letters first. After an error it may be called again with the
 * same pending, to which more may have been added: what is durable by then is not written twice.
 */
export async function settlePending(pending: PendingDocuments, options: SettleOptions): Promise<void> {
  const { stack, consumer, onDurable } = options
  for (;;) {
    await appendLetters(pending, stack)
    try {
      await stack.settlement.settle(
        async () => {
          await writeEffects(pending, options)
          if (!stack.settlement.atomic) onDurable(pending.takeDocuments())
        },
        () => consumer.commit(pending.positions()),
      )
      onDurable(pending.takeDocuments())
      return
    } catch (error) {
      if (stack.settlement.atomic) pending.upserted = null
      if (!(error instanceof DocumentsRefused)) throw error
      await bury(pending, error.refusals, options)
    }
  }
}

async function appendLetters({ letters }: PendingDocuments, { log }: Stack): Promise<void> {
  const waiting = letters.filter(({ appended }) => !appended)
  await appendDeadLetters(
    log,
    USER_ACTION,
    waiting.map(({ record }) => record),
  )
  for (const letter of waiting) letter.appended = true
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
  await rank(pending.upserted.created)
}

function refuse({ rejected }: UpsertResult): void {
  if (rejected.length > 0) throw new DocumentsRefused(rejected)
}

/** Turns refused documents into dead letters; their bytes are read again, for only the document was kept. */
async function bury(pending: PendingDocuments, refusals: Refusals, options: SettleOptions): Promise<void> {
  const { stack, stage } = options
  const reasons = new Map(refusals.map(({ position, reason }) => [position, reason]))
  const positions = [...reasons.keys()].toSorted((a, b) => a - b)
  const { documents } = pending.removeDocuments((position) => reasons.has(position))
  for (const [i, { fields }] of documents.entries()) {
    const { partition, offset } = fields
    const [record] = await stack.log.read({ topic: USER_ACTION, partition, offset }, 1)
    if (record?.offset !== offset) {
      throw new RepError(
        'REP_INTERNAL',
        `Record ${offset} of ${USER_ACTION} partition ${partition} is to be dead-lettered, but the log does not have it any more.`,
      )
    }
    const reason = `document refused: ${reasons.get(positions[i]!)}`
    pending.addLetter(partition, deadLetterRecord(record, stage, reason))
  }
}
