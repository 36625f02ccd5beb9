/**
 * The names of a lake's objects. A roll is a run of offsets of one partition of `user.action.v1`; of each roll there
 * is at most one file an hour:
 *
 * - `event_date=2026-11-21/hour=09/p03-0000000000001000-0000000000002000.parquet`: the actions of partition 3 from
 *   offset 1000 to before 2000 whose event time lies in that hour, UTC;
 * - `_rolls/p03/0000000000001000.json`: where the roll that begins there ends, stored before its files and never
 *   changed, so that everybody cuts alike.
 *
 * A file whose offsets lie within those of another one of its partition and hour was merged into that one.
 */
const DIGITS = 16
/** Says that a lake is rep's, so that a run may empty it. */
export const LAKE_MARK = '_lake.json'
/** Where all rolls are. */
export const ROLLS = '_rolls/'
/** Merges under way: what is there was not finished yet. */
export const MERGES = '_merges/'
/** Event times of which the calendar has no four-digit year. */
const NO_HOUR = 'event_date=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__/'
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')
const HOUR_MS = 3_600_000

/** Offsets of one partition: from `from` to before `to`. */
export interface LakeRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** One file of a lake. */
export interface LakeFile extends LakeRange {
  readonly key: string
  /** Its folder, e.g. `event_date=2026-11-21/hour=09/`. */
  readonly hour: string
  readonly bytes: number
}

/** The folder of an event time. */
export function hourOf(eventMs: number): string {
  if (!(eventMs >= FIRST_MS && eventMs <= LAST_MS)) return NO_HOUR
  const iso = new Date(eventMs).toISOString()
  return `event_date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/`
}

/** A number that is the same for all times of one folder. */
export function hourNumber(eventMs: number): number {
  return eventMs >= FIRST_MS && eventMs <= LAST_MS ? Math.floor(eventMs / HOUR_MS) : Number.NaN
}

/** `2026-11-21` and `09` of a folder; null where its events have no hour. */
export function dateAndHour(hour: string): { readonly date: string; readonly hour: string } | null {
  const [, date, of] = /^event_date=(\d{4}-\d\d-\d\d)\/hour=(\d\d)\/$/.exec(hour) ?? []
  return date === undefined || of === undefined ? null : { date, hour: of }
}

export function fileKey(hour: string, { partition, from, to }: LakeRange): string {
  return `${hour}${partitionName(partition)}-${padded(from)}-${padded(to)}.parquet`
}

/** The file of a key; null for any other object. */
export function parseFile(key: string, bytes: number): LakeFile | null {
  const match = /^(event_date=[^/]+\/hour=[^/]+\/)p(\d{2,})-(\d{16})-(\d{16})\.parquet$/.exec(key)
  if (match === null) return null
  const [, hour = '', partition, from, to] = match
  return { key, hour, bytes, partition: Number(partition), from: Number(from), to: Number(to) }
}

/** Where the rolls of a partition are. */
export function rollsPrefix(partition: number): string {
  return `${ROLLS}${partitionName(partition)}/`
}

/** The key of the roll that begins at an offset; keys are in the order of offsets. */
export function rollKey(partition: number, from: number): string {
  return `${rollsPrefix(partition)}${padded(from)}.json`
}

/** Where the roll of a key begins; null for any other object. */
export function parseRollKey(key: string): { readonly partition: number; readonly from: number } | null {
  const [, partition, from] = /^_rolls\/p(\d{2,})\/(\d{16})\.json$/.exec(key) ?? []
  return from === undefined ? null : { partition: Number(partition), from: Number(from) }
}

/** True for a key that a lake may have. */
export function isLakeKey(key: string): boolean {
  if (key === LAKE_MARK || key.startsWith(MERGES)) return true
  return parseRollKey(key) !== null || parseFile(key, 0) !== null
}

/** True where `inner` was merged into `outer`, or is the same. */
export function covers(outer: LakeRange, inner: LakeRange): boolean {
  return outer.partition === inner.partition && outer.from <= inner.from && inner.to <= outer.to
}

/** The files of one folder that hold its rows, each row once, in the order of partitions and offsets; and the rest. */
export function splitMerged(files: readonly LakeFile[]): {
  readonly current: readonly LakeFile[]
  readonly merged: readonly LakeFile[]
} {
  const current: LakeFile[] = []
  const merged: LakeFile[] = []
  // Of files that begin together the longest comes first: whatever lies within a file follows it.
  const ordered = [...files].sort((a, b) => a.partition - b.partition || a.from - b.from || b.to - a.to)
  for (const file of ordered) {
    const last = current.at(-1)
    if (last !== undefined && covers(last, file)) merged.push(file)
    else current.push(file)
  }
  return { current, merged }
}

/** The key under which the merge into a file is noted. */
export function mergeKey(fileKey: string): string {
  return `${MERGES}${fileKey.replaceAll('/', '~')}.json`
}

function partitionName(partition: number): string {
  return `p${String(partition).padStart(2, '0')}`
}

function padded(offset: number): string {
  return String(offset).padStart(DIGITS, '0')
}
