import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isServiceName, type ServiceName } from '../stack-description.ts'

/** Environment variables that every service is started with: they find it again whatever became of its pid file. */
export const STACK_VARIABLE = 'REP_STACK_DIR'
export const SERVICE_VARIABLE = 'REP_SERVICE'

export interface MarkedProcess {
  readonly pid: number
  readonly service: ServiceName
}

/** Processes that some `rep up` started for the stack in this directory. None on systems without /proc. */
export function processesOfStack(stackDirectory: string): readonly MarkedProcess[] {
  return processIds().flatMap((pid) => {
    const mark = markOf(pid)
    return mark?.directory === stackDirectory && isServiceName(mark.service)
      ? [{ pid, service: mark.service }]
      : []
  })
}

/** Who listens on a TCP port of this host, in words; null where it cannot be told. */
export function portHolder(port: number): string | null {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listenersIn(readText(table), port))
  const inodes = new Set(sockets.map(({ inode }) => `socket:[${inode}]`))
  const pid = sockets.length === 0 ? undefined : processIds().find((candidate) => holdsOne(candidate, inodes))
  if (pid !== undefined) return describeProcess(pid)
  return sockets[0] === undefined ? null : `a process of user ${sockets[0].uid}`
}

/** Listening sockets on a port in a table as proc_net_tcp(5) describes it. */
export function listenersIn(table: string, port: number): readonly { inode: string; uid: string }[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) && fields[3] === '0A')
    .flatMap(({ 7: uid, 9: inode }) => (uid === undefined || inode === undefined ? [] : [{ inode, uid }]))
}

function describeProcess(pid: number): string {
  const command = readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
  const mark = markOf(pid)
  if (mark !== null) return `process ${pid}, ${mark.service} of the stack in ${mark.directory}`
  return `process ${pid}, ${command.length > 80 ? `${command.slice(0, 79)}…` : command}`
}

function holdsOne(pid: number, sockets: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`
  return names(directory).some((fd) => {
    try {
      return sockets.has(readlinkSync(`${directory}/${fd}`))
    } catch {
      // Closed since the directory was read.
      return false
    }
  })
}

function markOf(pid: number): { directory: string; service: string } | null {
  const variables = readText(`/proc/${pid}/environ`).split('\0')
  const value = (name: string): string | undefined =>
    variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1)
  const directory = value(STACK_VARIABLE)
  return directory === undefined ? null : { directory, service: value(SERVICE_VARIABLE) ?? '' }
}

function processIds(): readonly number[] {
  return names('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0)
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    // The process has ended, is another user's, or this system has no /proc.
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // As above: what cannot be read holds nothing for us.
    return ''
  }
}
