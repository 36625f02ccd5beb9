import type { EventCodec } from '../../domain/codec.ts'
import { type LakeValue, newColumns, pushRow } from '../../domain/lake/lake-columns.ts'
import { hourNumber, hourOf } from '../../domain/lake/lake-layout.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { HeldRecords } from './held-records.ts'

/** The rows of a roll by folder, as columns. */
export interface RollRows {
  readonly hours: ReadonlyMap<string, readonly LakeValue[][]>
  /** Records that are no user action: the behaviour stage puts them into the dead-letter topic. */
  readonly rejected: number
}

/** Reads the first `count` records, which follow from the log alone, so whoever reads them gets the same rows. */
export function readRows(
  held: HeldRecords,
  { partition, count, decode }: { partition: number; count: number; decode: EventCodec['decodeUserAction'] },
): RollRows {
  const hours = new Map<string, LakeValue[][]>()
  let rejected = 0
  let last = Number.NEGATIVE_INFINITY
  let columns: LakeValue[][] = []
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
      columns = hours.get(folder) ?? newColumns()
      hours.set(folder, columns)
    }
    pushRow(columns, action, { partition, offset: held.offset(at), receivedMs: held.receivedMs(at) })
  }
  return { hours, rejected }
}
