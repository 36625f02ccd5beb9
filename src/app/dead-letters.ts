import { createCodec, type SchemaIds } from '../domain/codec.ts'
import {
  deadLetterTopic,
  NOTIFICATION_PUSH,
  PRODUCT_INVENTORY,
  TOPICS,
  USER_ACTION,
} from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
import type { EventLog, StoredRecord } from '../ports/event-log.ts'
import { type DeadLetter, parseDeadLetter } from '../stages/dead-letter.ts'

/** A dead letter with its place: `<dlq topic>/<partition>/<offset>` names it. */
export interface PlacedLetter {
  readonly id: string
  readonly letter: DeadLetter
}

const SOURCES = [USER_ACTION, PRODUCT_INVENTORY, NOTIFICATION_PUSH]
const BATCH = 1000

/** Every dead letter, oldest first within each partition; of one source topic or of all. */
export async function listDeadLetters(log: EventLog, topic?: string): Promise<PlacedLetter[]> {
  const letters: PlacedLetter[] = []
  for (const source of topic === undefined ? SOURCES : [topic]) {
    for (const { topic: dlq, partition, earliest, latest } of await log.offsets(deadLetterTopic(source))) {
      let offset = earliest
      while (offset < latest) {
        const batch = await log.read({ topic: dlq, partition, offset }, BATCH)
        if (batch.length === 0) break
        for (const record of batch) letters.push(placed(record))
        offset = batch.at(-1)!.offset + 1
      }
    }
  }
  return letters
}

/** One dead letter by its id. Throws REP_NOT_FOUND. */
export async function findDeadLetter(log: EventLog, id: string): Promise<PlacedLetter> {
  const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(id) ?? []
  if (topic !== undefined && TOPICS.some(({ name }) => name === topic)) {
    const place = { topic, partition: Number(partition), offset: Number(offset) }
    const known = (await log.offsets(topic)).some(
      (p) => p.partition === place.partition && place.offset < p.latest,
    )
    const [record] = known ? await log.read(place, 1) : []
    if (record !== undefined && record.offset === place.offset) return placed(record)
  }
  throw new RepError(
    'REP_NOT_FOUND',
    `no dead letter ${id}; an id is TOPIC/PARTITION/OFFSET as rep dlq list shows it`,
  )
}

/**
 * Appends the originals to their topics again, with their own keys, values and headers; returns how many.
 * The letters stay: replaying twice sends twice, and stages drop what they have applied before by trace id.
 */
export async function replayDeadLetters(log: EventLog, letters: readonly PlacedLetter[]): Promise<number> {
  const byTopic = Map.groupBy(letters, ({ letter }) => letter.topic)
  for (const [topic, group] of byTopic) {
    const records = group.map(({ letter: { key, value, dueUs, headers } }) => ({
      key,
      value,
      dueUs,
      headers,
    }))
    const { failures } = await log.append(topic, records)
    const first = failures?.[0]
    if (first !== undefined) {
      throw new RepError(
        'REP_LOG_UNAVAILABLE',
        `${failures!.length} letters were not replayed: ${first.error.message}`,
      )
    }
  }
  return letters.length
}

/** The event in a letter's bytes, or null where they cannot be decoded, which may be why it is here. */
export function decodeLetter({ topic, value }: DeadLetter, ids: SchemaIds): unknown {
  const codec = createCodec(ids)
  try {
    if (topic === USER_ACTION) return codec.decodeUserAction(value)
    return topic === PRODUCT_INVENTORY ? codec.decodeInventoryChange(value) : codec.decodeNotification(value)
  } catch (error) {
    if (error instanceof RepError && error.code === 'REP_CODEC') return null
    throw error
  }
}

function placed(record: StoredRecord): PlacedLetter {
  return { id: `${record.topic}/${record.partition}/${record.offset}`, letter: parseDeadLetter(record) }
}
