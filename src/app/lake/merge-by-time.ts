import type { LakeValue } from '../../domain/lake/lake-columns.ts'

/** Rows of one file from its first to its last, a group at a time, as columns of which one is the time. */
export interface TimedFile {
  /** No row is before this, µs since the epoch. */
  readonly least: bigint
  groups(): AsyncGenerator<readonly (readonly LakeValue[])[]>
}

export interface TimedRow<F> {
  readonly file: F
  readonly columns: readonly (readonly LakeValue[])[]
  readonly at: number
  /** Number of the row in its file, from 1. */
  readonly row: number
}

interface Cursor<F> {
  readonly file: F
  readonly groups: AsyncGenerator<readonly (readonly LakeValue[])[]>
  columns: readonly (readonly LakeValue[])[]
  /** Rows of the group in the order of their times. */
  order: readonly number[]
  next: number
  before: number
}

/**
 * Rows of many files by time: each file's are in order within a group, and of all files the earliest comes next. A
 * file is opened when its time has come, so as many are open as lie over each other.
 */
export async function* mergeByTime<F extends TimedFile>(
  files: readonly F[],
  timeColumn: number,
): AsyncGenerator<TimedRow<F>> {
  const waiting = files.toSorted((a, b) => (a.least < b.least ? -1 : a.least > b.least ? 1 : 0))
  const open: Cursor<F>[] = []
  const timeOf = (cursor: Cursor<F>): bigint => timeAt(cursor.columns, timeColumn, cursor.order[cursor.next]!)
  let begun = 0
  for (;;) {
    let first = earliest(open, timeOf)
    while (begun < waiting.length && (first === null || waiting[begun]!.least <= timeOf(first))) {
      const cursor = await begin(waiting[begun++]!, timeColumn)
      if (cursor !== null) open.push(cursor)
      first = earliest(open, timeOf)
    }
    if (first === null) return
    const at = first.order[first.next]!
    yield { file: first.file, columns: first.columns, at, row: first.before + at + 1 }
    first.next++
    if (first.next < first.order.length || (await advance(first, timeColumn))) continue
    open.splice(open.indexOf(first), 1)
  }
}

function earliest<F>(open: readonly Cursor<F>[], timeOf: (cursor: Cursor<F>) => bigint): Cursor<F> | null {
  let first: Cursor<F> | null = null
  for (const cursor of open) if (first === null || timeOf(cursor) < timeOf(first)) first = cursor
  return first
}

async function begin<F extends TimedFile>(file: F, timeColumn: number): Promise<Cursor<F> | null> {
  const cursor = { file, groups: file.groups(), columns: [], order: [], next: 0, before: 0 }
  return (await advance(cursor, timeColumn)) ? cursor : null
}

/** Goes on to the next group; false at the end of the file. */
async function advance<F>(cursor: Cursor<F>, timeColumn: number): Promise<boolean> {
  do {
    cursor.before += cursor.order.length
    const { done, value } = await cursor.groups.next()
    if (done) return false
    const times = value[timeColumn]!
    const order = Array.from(times, (_, i) => i)
    order.sort((a, b) => compare(timeAt(value, timeColumn, a), timeAt(value, timeColumn, b)) || a - b)
    cursor.columns = value
    cursor.order = order
    cursor.next = 0
  } while (cursor.order.length === 0)
  return true
}

/** A row without a time comes first: somebody else will refuse it. */
function timeAt(columns: readonly (readonly LakeValue[])[], timeColumn: number, at: number): bigint {
  const value = columns[timeColumn]![at]
  return typeof value === 'bigint' ? value : -(2n ** 63n)
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
