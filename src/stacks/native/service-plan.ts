import { createHash } from 'node:crypto'
import type { ServiceName } from '../stack-description.ts'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** How one service of the native stack is started, watched and stopped. */
export interface ServicePlan {
  readonly name: ServiceName
  readonly version: string
  /** Main listener first; all on 127.0.0.1. */
  readonly ports: readonly number[]
  /** Everything that the service writes is below it. */
  readonly directory: string
  /** Directories to make, `directory` first. */
  readonly directories: readonly string[]
  /** Configuration: content by path. */
  readonly files: Readonly<Record<string, string>>
  /** User and group to run as, who gets `directory`; null: as rep itself. */
  readonly uid: number | null
  /** Where the group's number is another one. */
  readonly gid?: number
  /** Resolves when nothing is left of a process that was killed. */
  readonly settled?: (signal: AbortSignal) => Promise<void>
  /** What to do once the files are there and before each start, e.g. formatting storage. */
  readonly beforeStart?: Command & { readonly unless: string }
  readonly command: Command
  /** Set where `command` puts the service in the background and ends: the file with its process id. */
  readonly pidFile?: string
  /** The service's own log first, then what it printed. */
  readonly logs: readonly string[]
  /** Resolves when the service answers as it should; rejects while it does not. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>
  readonly startLimitMs: number
}

/** Changes when the service would be started differently. */
export function fingerprintOf(plan: ServicePlan): string {
  const { command, files, uid } = plan
  return createHash('sha256').update(JSON.stringify({ command, files, uid })).digest('hex').slice(0, 16)
}
