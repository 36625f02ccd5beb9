import type { ActionSpans } from '../../domain/lake/action-spans.ts'
import { hourNumber, hourOf } from '../../domain/lake/lake-layout.ts'
import { LakeFileWriter } from '../../domain/lake/parquet-writer.ts'
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
  { partition, count, spans }: { partition: number; count: number; spans: ActionSpans },
): EncodedRoll {
  const hours = new Map<string, LakeFileWriter>()
  let rejected = 0
  let last = Number.NEGATIVE_INFINITY
  let file: LakeFileWriter | null = null
  for (let at = 0; at < count; at++) {
    if (!held.read(at, spans)) {
      rejected++
      continue
    }
    // Neighbours mostly share their hour: its name is then not made again.
    const hour = hourNumber(spans.timestamp)
    if (file === null || hour !== last) {
      last = hour
      const folder = hourOf(spans.timestamp)
      file = hours.get(folder) ?? new LakeFileWriter()
      hours.set(folder, file)
    }
    file.add(spans, { partition, offset: held.offset(at), receivedMs: held.receivedMs(at) })
  }
  const files = [...hours].map(([hour, file]) => ({ hour, rows: file.rows, bytes: file.end() }))
  return { files, rejected }
}
