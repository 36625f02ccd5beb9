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

export interface SettleOptions {
  readonly stack: Stack
  readonly consumer: Consumer
  /** Name of the stage, for its dead letters. */
  readonly stage: string
  readonly weights: Readonly<Record<string, number>>
  /** Told, once for each document, when documents are durable. */
  readonly onDurable: (documents: PendingDocuments) => void
  /** Told how many dead letters are durable; all that is told is told before the offsets are committed. */
  readonly onBuried: (letters: number) => void
}

/**
 * Stores documents, then dead letters; popularity and offsets are left to `settlePending`. After an error either
 * may be called again with the same pending, to which more may have been added.
 */
export async function storePending(pending: PendingDocuments, options: SettleOptions): Promise<void> {
  if (pending.documents.length > 0) await storeDocuments(pending, options)
  options.onBuried(await appendLetters(pending, options.stack))
}

/**
 * Stores what is not stored yet, and settles popularity and offsets. Documents go first and by themselves, for
 * storing one again changes nothing; popularity, which would count twice, goes with the offsets.
 */
export async function settlePending(pending: PendingDocuments, options: SettleOptions): Promise<void> {
  const { keyValue, settlement } = options.stack
  await storePending(pending, options)
  await settlement.settle(
    async () => {
      await rankAll(keyValue, pending.increments)
      // Undone with the offsets where one transaction holds both; elsewhere it is not to be repeated.
      if (!settlement.atomic) pending.increments.clear()
    },
    () => options.consumer.commit(pending.positions()),
  )
}

/** Stores what is pending, or as much of it as is not refused; the refused become dead letters. */
async function storeDocuments(pending: PendingDocuments, options: SettleOptions): Promise<void> {
  const { stack, weights, onDurable } = options
  const upserted = await stack.documents.upsertMany(USER_BEHAVIOR_INDEX, pending.documents)
  pending.upserted = upserted
  if (upserted.rejected.length > 0) await bury(pending, upserted.rejected, options)
  const stored = pending.takeDocuments()
  foldPopularity(stored, weights, pending.increments)
  onDurable(stored)
}

async function appendLetters({ letters }: PendingDocuments, { log }: Stack): Promise<number> {
  const waiting = letters.filter(({ appended }) => !appended)
  await appendDeadLetters(
    log,
    USER_ACTION,
    waiting.map(({ record }) => record),
  )
  for (const letter of waiting) letter.appended = true
  return waiting.length
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
