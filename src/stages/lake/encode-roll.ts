import type { EventCodec } from '../../domain/codec.ts'
import { LakeRows } from '../../domain/lake/lake-columns.ts'
import { hourNumber, hourOf } from '../../domain/lake/lake-layout.ts'
import { encodeLakeFile } from '../../domain/lake/parquet-writer.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { HeldRecords } from './held-records.ts'

export interface RollFile {
  /** Its folder. */
  readonly hour: string
  readonly rows: number
  readonly bytes: Uint8Array
}

/** The files of a roll. */
export interface EncodedRoll {
  readonly files: readonly RollFile[]
  /** Records that are no user action: the behaviour stage puts them into the dead-letter topic. */
  readonly rejected: number
}

/**
 * Makes files of the first `count` records. They follow from the log alone: whoever makes them makes the same. Done at
 * one go, so that the rows of one roll at a time are in memory, however many are due.
 */
export function encodeRoll(
  held: HeldRecords,
  { partition, count, decode }: { partition: number; count: number; decode: EventCodec['decodeUserAction'] },
): EncodedRoll {
  const hours = new Map<string, LakeRows>()
  let rejected = 0
  let last = Number.NEGATIVE_INFINITY
  let rows = new LakeRows()
  for (let at = 0; at < count; at++) {
    let action: ReturnType<typeof decode>
    try {
      action = decode(held.value(at))
    } catch (error) {
      if (!(error instanceof RepError)) throw error
      rejected++
      continue
    }
    // Neighbours mostly share their hour: its name is then not made again.
    const hour = hourNumber(action.timestamp)
    if (hour !== last) {
      last = hour
      const folder = hourOf(action.timestamp)
      rows = hours.get(folder) ?? new LakeRows()
      hours.set(folder, rows)
    }
    rows.add(action, { partition, offset: held.offset(at), receivedMs: held.receivedMs(at) })
  }
  const files = [...hours].map(([hour, { columns }]) => ({
    hour,
    rows: columns[0]!.length,
    bytes: encodeLakeFile(columns),
  }))
  return { files, rejected }
}
