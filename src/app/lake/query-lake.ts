import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dateAndHour, type LakeFile } from '../../domain/lake/lake-layout.ts'
import { type QueryResult, queryFiles } from '../../drivers/duckdb/query-files.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { lakeFolders } from '../../stages/lake/lake-files.ts'

export interface LakeQuery {
  readonly sql: string
  /** First and last hour of event time to look at: `2026-11-21`, or `2026-11-21T09`. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly signal?: AbortSignal
}

/** Files may be merged while they are fetched: then it begins again. */
const TRIES = 3
const AT_ONCE = 8

/**
 * Answers a question in SQL about the events of a lake, each of which the table `events` has once. Of S3 the files of
 * the hours in question are fetched first.
 */
export async function queryLake(store: ObjectStore, query: LakeQuery): Promise<QueryResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await queryOnce(store, query)
    } catch (error) {
      const isGone = error instanceof RepError && error.code === 'REP_NOT_FOUND'
      if (!isGone || attempt === TRIES || query.signal?.aborted) throw error
    }
  }
}

async function queryOnce(store: ObjectStore, query: LakeQuery): Promise<QueryResult> {
  const files = await filesOf(store, query)
  const { driver, place } = store.capabilities
  if (files.length === 0) {
    const inHours = query.since === undefined && query.until === undefined ? '' : ' in these hours'
    throw new RepError('REP_USAGE', `${place} has no events${inHours}.`)
  }
  if (driver === 'directory') return queryInPlace(store, files, query)
  const directory = await mkdtemp(join(tmpdir(), 'rep-lake-'))
  try {
    const paths = await fetchFiles(store, files, directory)
    return await queryFiles(paths, query.sql, query.signal)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Asks the files where they are. Rejects with REP_NOT_FOUND where one of them was merged meanwhile. */
async function queryInPlace(
  store: ObjectStore,
  files: readonly LakeFile[],
  { sql, signal }: LakeQuery,
): Promise<QueryResult> {
  const paths = files.map(({ key }) => join(store.capabilities.place, key))
  try {
    return await queryFiles(paths, sql, signal)
  } catch (error) {
    // DuckDB says in words of its own that it misses a file: what counts is whether one is missing.
    for (const { key } of files) if ((await store.head(key)) === null) throw merged(key, error)
    throw error
  }
}

function merged(key: string, cause?: unknown): RepError {
  return new RepError('REP_NOT_FOUND', `${key} is gone: it was merged meanwhile.`, { cause })
}

async function filesOf(store: ObjectStore, { since, until }: LakeQuery): Promise<LakeFile[]> {
  const first = parseHour('--since', since)
  const last = parseHour('--until', until)
  const files: LakeFile[] = []
  for await (const { hour, current } of lakeFolders(store)) {
    const when = dateAndHour(hour)
    const name = when === null ? '' : `${when.date}T${when.hour}`
    const isIn = (first === null || name >= first) && (last === null || name.slice(0, last.length) <= last)
    if (isIn && (name !== '' || last === null)) files.push(...current)
  }
  return files
}

function parseHour(flag: string, text: string | undefined): string | null {
  if (text === undefined) return null
  if (/^\d{4}-\d\d-\d\d(T\d\d)?$/.test(text)) return text
  throw new RepError(
    'REP_USAGE',
    `${flag} ${text}: expected a day or an hour, e.g. 2026-11-21 or 2026-11-21T09.`,
  )
}

/** Copies files to a directory, in the folders that say their hours. */
async function fetchFiles(
  store: ObjectStore,
  files: readonly LakeFile[],
  directory: string,
): Promise<readonly string[]> {
  const paths: string[] = []
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const some = files.slice(from, from + AT_ONCE).map(async ({ key }) => {
      const bytes = await store.get(key)
      if (bytes === null) throw merged(key)
      const path = join(directory, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
      return path
    })
    paths.push(...(await Promise.all(some)))
  }
  return paths
}
