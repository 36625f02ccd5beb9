import { deadLetterTopic } from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
import type { EventLog, LogRecord, StoredRecord } from '../ports/event-log.ts'

const PREFIX = 'rep-dlq-'
const text = new TextEncoder()
const plain = new TextDecoder()

/** A record that a stage could not handle, as it is kept in the dead-letter topic. */
export interface DeadLetter {
  readonly reason: string
  readonly stage: string
  /** Where the original is. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Append time of the original, milliseconds since the epoch. */
  readonly timestampMs: number
  /** The original's bytes, due time and headers. */
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly dueUs: number
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/**
 * The dead-letter record of a record: its key, value, due time and headers as they are (copied, for they
 * live only until the next poll), and beside them the headers `rep-dlq-reason`, `-stage`, `-topic`,
 * `-partition`, `-offset` and `-timestamp` as UTF-8 text.
 */
export function deadLetterRecord(record: StoredRecord, stage: string, reason: string): LogRecord {
  const headers: Record<string, Uint8Array> = {}
  for (const [name, value] of Object.entries(record.headers ?? {})) headers[name] = value.slice()
  const facts = {
    reason,
    stage,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestampMs,
  }
  for (const [name, value] of Object.entries(facts)) headers[PREFIX + name] = text.encode(String(value))
  return {
    key: new Uint8Array(record.key),
    value: new Uint8Array(record.value),
    dueUs: record.dueUs,
    headers,
  }
}

/**
 * Appends dead letters of one topic to `<topic>.dlq`. Rejects with REP_LOG_UNAVAILABLE (retryable) where any
 * is not certainly stored; a repetition may then store some twice, told apart by partition and offset.
 */
export async function appendDeadLetters(
  log: EventLog,
  topic: string,
  letters: readonly LogRecord[],
): Promise<void> {
  if (letters.length === 0) return
  const { failures } = await log.append(deadLetterTopic(topic), letters)
  const first = failures?.[0]
  if (failures === undefined || first === undefined) return
  throw new RepError(
    'REP_LOG_UNAVAILABLE',
    `${failures.length} of ${letters.length} records were not stored in ${deadLetterTopic(topic)}: ${first.error.message}`,
    { cause: first.error },
  )
}

/** Reads a record of a dead-letter topic; throws REP_CODEC where it is none. */
export function parseDeadLetter(record: StoredRecord): DeadLetter {
  const facts: Record<string, string> = {}
  const headers: Record<string, Uint8Array> = {}
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    if (name.startsWith(PREFIX)) facts[name.slice(PREFIX.length)] = plain.decode(value)
    else headers[name] = value
  }
  const { reason, stage, topic, partition, offset, timestamp } = facts
  if (reason === undefined || stage === undefined || topic === undefined || partition === undefined) {
    throw new RepError(
      'REP_CODEC',
      `Record ${record.offset} of ${record.topic} partition ${record.partition} has no ${PREFIX} headers, so it is no dead letter.`,
    )
  }
  return {
    reason,
    stage,
    topic,
    partition: Number(partition),
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: record.key,
    value: record.value,
    dueUs: record.dueUs,
    headers,
  }
}
