import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50
const LIMIT_MS = 30_000

/**
 * Waits until the processes of a PostgreSQL that was killed are gone, for 30 s at most: they end by themselves when
 * they see that their parent is, and until then a new server refuses the data. They are known by the shared memory
 * that postmaster.pid names.
 */
export async function untilMemoryReleased(data: string, signal: AbortSignal): Promise<void> {
  for (const until = performance.now() + LIMIT_MS; performance.now() < until; await sleep(POLL_MS)) {
    signal.throwIfAborted()
    const id = memoryIn(read(join(data, 'postmaster.pid')))
    if (id === null || usersOf(read('/proc/sysvipc/shm'), id) === 0) return
  }
}

/** The seventh line of postmaster.pid holds key and id; null where there is none. */
export function memoryIn(pidFile: string): string | null {
  return pidFile.split('\n')[6]?.trim().split(/\s+/)[1] ?? null
}

/** How many processes have a segment attached, by the table of proc_sysvipc(5). */
export function usersOf(table: string, id: string): number {
  const [head = '', ...rows] = table.split('\n').map((line) => line.trim())
  const columns = head.split(/\s+/)
  const row = rows.map((line) => line.split(/\s+/)).find((fields) => fields[columns.indexOf('shmid')] === id)
  return Number(row?.[columns.indexOf('nattch')] ?? 0)
}

/** Empty where there is no such file: nothing has run, or a system that does not tell. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}
