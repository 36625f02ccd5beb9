import { dateAndHour, type LakeFile } from '../../domain/lake/lake-layout.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type LakeFolder, lakeFolders } from '../../stages/lake/lake-files.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'

/** One hour of event time. */
export interface LakeHour {
  /** `2026-11-21` and 9, UTC; null for events whose time no calendar has. */
  readonly event_date: string | null
  readonly hour: number | null
  readonly files: number
  readonly rows: number
  readonly bytes: number
  /** Files that were merged into others and not removed: rep does not read them, other readers do. */
  readonly leftover: number
}

export interface LakeListing {
  readonly place: string
  readonly files: number
  readonly rows: number
  readonly bytes: number
  readonly hours: readonly LakeHour[]
}

/** Ends of files that are read at the same time. */
const AT_ONCE = 16

/** What a lake holds, by hour; the rows are those that the files say. */
export async function listLake(store: ObjectStore): Promise<LakeListing> {
  const hours: LakeHour[] = []
  for await (const folder of lakeFolders(store)) hours.push(await describeHour(store, folder))
  const sum = (of: 'files' | 'rows' | 'bytes'): number => hours.reduce((all, hour) => all + hour[of], 0)
  return {
    place: store.capabilities.place,
    files: sum('files'),
    rows: sum('rows'),
    bytes: sum('bytes'),
    hours,
  }
}

async function describeHour(store: ObjectStore, { hour, current, merged }: LakeFolder): Promise<LakeHour> {
  const when = dateAndHour(hour)
  return {
    event_date: when === null ? null : when.date,
    hour: when === null ? null : Number(when.hour),
    files: current.length,
    rows: await rowsOf(store, current),
    bytes: current.reduce((bytes, file) => bytes + file.bytes, 0),
    leftover: merged.length,
  }
}

async function rowsOf(store: ObjectStore, files: readonly LakeFile[]): Promise<number> {
  let rows = 0
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const some = files.slice(from, from + AT_ONCE)
    const readers = await Promise.all(some.map((file) => openLakeFile(store, file, { whole: false })))
    for (const reader of readers) rows += reader.rows
  }
  return rows
}
