import type { Notification } from '../../domain/events.ts'
import type { StoredRecord } from '../../ports/event-log.ts'
import type { Ticket } from './commit-frontier.ts'

/** A notification on its way, from its record to its history entry. */
export interface Sending {
  readonly notification: Notification
  readonly record: StoredRecord
  readonly ticket: Ticket
  /** Later records of the same notification, read meanwhile: they end with the first. */
  readonly repeats: Ticket[]
}

/** The record with its own bytes: those of the log live only until the next poll. */
export function keepRecord(record: StoredRecord): StoredRecord {
  const { headers } = record
  const kept = { ...record, key: record.key.slice(), value: record.value.slice() }
  if (headers === undefined) return kept
  const copies = Object.entries(headers).map(([name, value]) => [name, value.slice()] as const)
  return { ...kept, headers: Object.fromEntries(copies) }
}
