import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RepError } from '../errors/rep-error.ts'
import type { RunRecord } from '../measure/run-record.ts'
import type { Home } from './home.ts'

/** `20261121-143005-baseline-3f9c`: sorts by start time, and says what it was. */
export function newRunId(scenario: string, at: Date): string {
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const tail = Math.floor(Math.random() * 0x10000)
    .toString(16)
    .padStart(4, '0')
  return `${stamp}-${scenario.replace(/[^a-zA-Z0-9-]+/g, '-')}-${tail}`
}

/** Past runs, newest first. Directories without a record (a run that was killed) are left out. */
export async function listRuns(home: Home): Promise<RunRecord[]> {
  if (!existsSync(home.runs)) return []
  const names = (await readdir(home.runs)).sort().reverse()
  const records = await Promise.all(names.map((name) => readRecord(join(home.runs, name))))
  return records.filter((record) => record !== null)
}

/** One run by its id, a unique part of it, or `last`. Throws REP_NOT_FOUND. */
export async function findRun(home: Home, wanted: string): Promise<{ record: RunRecord; directory: string }> {
  const ids = existsSync(home.runs) ? (await readdir(home.runs)).sort().reverse() : []
  const complete = ids.filter((id) => existsSync(join(home.runs, id, 'run.json')))
  const matches = wanted === 'last' ? complete.slice(0, 1) : complete.filter((id) => id.includes(wanted))
  const exact = matches.find((id) => id === wanted) ?? (matches.length === 1 ? matches[0] : undefined)
  if (exact === undefined) {
    const many = matches.length > 1
    throw new RepError(
      'REP_NOT_FOUND',
      many ? `“${wanted}” fits ${matches.length} runs` : `no run “${wanted}” in ${home.runs}`,
      { details: many ? matches : complete.slice(0, 5) },
    )
  }
  const directory = join(home.runs, exact)
  const record = await readRecord(directory)
  if (record === null) throw new RepError('REP_NOT_FOUND', `${directory} holds no run.json`)
  return { record, directory }
}

async function readRecord(directory: string): Promise<RunRecord | null> {
  try {
    return JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')) as RunRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new RepError('REP_INPUT', `${join(directory, 'run.json')} cannot be read`, { cause: error })
  }
}
