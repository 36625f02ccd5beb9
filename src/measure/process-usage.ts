import { readFileSync } from 'node:fs'

/** What one process has used so far, with the processes that it has started (PostgreSQL has one a connection). */
export interface ProcessUsage {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number
  readonly rssBytes: number
  /** Resident memory that is not file pages: heap and buffers. Null where the system does not tell. */
  readonly anonBytes: number | null
  /** The most that was ever resident, by the kernel's own account; null where the system does not tell. */
  readonly peakRssBytes: number | null
}

/** USER_HZ: the unit of times in /proc, 100 a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Usage of a process, this one by default; null when it is gone, or is another's and the system has no /proc. */
export function processUsage(pid: number = process.pid): ProcessUsage | null {
  const status = readProc(`/proc/${pid}/status`)
  const self = pid === process.pid
  if (status === null) return self ? ownUsage() : null
  const rssBytes = kibOf(status, 'VmRSS')
  const stat = self ? null : readProc(`/proc/${pid}/stat`)
  const cpuSeconds = self ? ownCpuSeconds() : statSeconds(stat)
  // A process that has ended but was not waited for has no memory lines any more.
  if (rssBytes === null || cpuSeconds === null) return null
  const anonBytes = kibOf(status, 'RssAnon')
  const own = { cpuSeconds, rssBytes, anonBytes, peakRssBytes: kibOf(status, 'VmHWM') }
  return self ? own : withChildren(own, { pid, endedSeconds: statSeconds(stat, ENDED_CHILDREN) ?? 0 })
}

/** Memory that is shared is counted where it is: each child adds what is its own. */
function withChildren(
  own: ProcessUsage,
  { pid, endedSeconds }: { readonly pid: number; readonly endedSeconds: number },
): ProcessUsage {
  const ids = readProc(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ').filter(Boolean) ?? []
  const children = ids.flatMap((id) => processUsage(Number(id)) ?? [])
  const anonBytes = children.reduce((sum, child) => sum + (child.anonBytes ?? 0), 0)
  return {
    cpuSeconds: children.reduce((sum, child) => sum + child.cpuSeconds, own.cpuSeconds + endedSeconds),
    rssBytes: own.rssBytes + anonBytes,
    anonBytes: own.anonBytes === null ? null : own.anonBytes + anonBytes,
    // Each had its peak at a time of its own.
    peakRssBytes: children.length === 0 ? own.peakRssBytes : null,
  }
}

/** CPU seconds of the calling thread; null where neither Node (from 23.9) nor /proc tells. */
export function threadCpuSeconds(): number | null {
  if (typeof process.threadCpuUsage === 'function') {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1e6
  }
  return statSeconds(readProc('/proc/thread-self/stat'))
}

function ownUsage(): ProcessUsage {
  const peakRssBytes = process.resourceUsage().maxRSS * 1024
  return { cpuSeconds: ownCpuSeconds(), rssBytes: process.memoryUsage.rss(), anonBytes: null, peakRssBytes }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Where user and system time are in proc_pid_stat(5), behind the name: of the process, and of children that ended. */
const OWN = 11
const ENDED_CHILDREN = 13

/** The sum of two times of proc_pid_stat(5); the name in its field 2 may hold blanks and brackets. */
export function statSeconds(stat: string | null, first = OWN): number | null {
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[first]) + Number(fields[first + 1])
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : null
}

/** Bytes of a `Name:  123 kB` line of proc_pid_status(5). */
export function kibOf(status: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)
  return found === null ? null : Number(found[1]) * 1024
}

/** Null where there is no such file: another system, or the process is gone. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return null
    throw error
  }
}
