import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, ownProcess, type ProcessIdentity } from '../drivers/event-log/process-identity.ts'
import { RepError } from '../errors/rep-error.ts'

/** Takes a stack for one `rep up` or `rep down` at a time; returns the release. Throws REP_STACK_BUSY. */
export function lockStack(directory: string): () => void {
  return lockDirectory(
    directory,
    ({ pid }) => `Process ${pid} is starting or stopping the stack in ${directory}.`,
  )
}

/**
 * Takes a directory for one opener at a time, whatever thread or process it is; returns the release. A lock whose
 * process is gone is taken over. Throws REP_STACK_BUSY with what `busy` says of the holder.
 */
export function lockDirectory(directory: string, busy: (holder: ProcessIdentity) => string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const path = join(directory, 'lock')
  const own = `${path}.${randomUUID()}`
  writeFileSync(own, JSON.stringify(ownProcess()))
  try {
    for (;;) {
      try {
        // A link appears with its content, so nobody reads half a lock.
        linkSync(own, path)
        return () => rmSync(path, { force: true })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readHolder(path)
      if (holder !== null && isAlive(holder)) throw new RepError('REP_STACK_BUSY', busy(holder))
      removeAbandoned(path, own)
    }
  } finally {
    rmSync(own, { force: true })
  }
}

/** Of two that find the same dead holder the second may meet the lock that the first one has taken: it stays. */
function removeAbandoned(path: string, own: string): void {
  const aside = `${own}.aside`
  try {
    renameSync(path, aside)
    const holder = readHolder(aside)
    if (holder !== null && isAlive(holder)) linkSync(aside, path)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function readHolder(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch (error) {
    // Released since, or cut short by a full disk.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}
