import { readFileSync } from 'node:fs'

/** A process of this host: a process id alone may be another process's by now. */
export interface ProcessIdentity {
  readonly pid: number
  /** Start time as the kernel counts it; empty where the system does not say. */
  readonly startedAt: string
}

export function ownProcess(): ProcessIdentity {
  return processOf(process.pid)
}

/** The process that has this id now. */
export function processOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startTimeOf(pid) ?? '' }
}

/** False when the process has certainly ended. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.startedAt !== '') return startTimeOf(identity.pid) === identity.startedAt
  try {
    process.kill(identity.pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Field 22 of /proc/<pid>/stat, see proc(5); undefined where there is no such process, or no /proc, or a zombie. */
function startTimeOf(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field, the name, is in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return state === 'Z' || state === 'X' ? undefined : fields[19]
}
