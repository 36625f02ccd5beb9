import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Home } from '../home.ts'

/** How far the seeding of a stack has come, kept beside it so that it can go on. */
export interface SeedState {
  /** Of the file, its size and time, and the model. */
  readonly fingerprint: string
  readonly model: string
  readonly done: number
}

function stateFile({ root }: Home, stack: string): string {
  return join(root, 'seeds', `${stack}.json`)
}

/** What a file and a model are known by: another version of either is seeded from the beginning. */
export async function fingerprintOf(file: string, model: string): Promise<string> {
  const { size, mtimeMs } = await stat(file)
  return createHash('sha256')
    .update([resolve(file), size, mtimeMs, model].join('\0'))
    .digest('hex')
}

/** The state of a stack's last seeding; null where there was none. */
export async function readSeedState(home: Home, stack: string): Promise<SeedState | null> {
  try {
    return JSON.parse(await readFile(stateFile(home, stack), 'utf8')) as SeedState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Replaces it as a whole: a crash leaves the old one or the new one. */
export async function writeSeedState(home: Home, stack: string, state: SeedState): Promise<void> {
  const file = stateFile(home, stack)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, JSON.stringify(state))
  await rename(`${file}.new`, file)
}
