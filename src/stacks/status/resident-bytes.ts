import { readFileSync } from 'node:fs'
import { isAlive, type ProcessIdentity } from '../../drivers/event-log/process-identity.ts'

/** Resident memory of a process by proc_pid_status(5); null where the system does not tell. */
export function residentBytes(process: ProcessIdentity): number | null {
  if (!isAlive(process)) return null
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? null : Number(kib) * 1024
  } catch (error) {
    // No /proc on this system, or the process has just ended.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
