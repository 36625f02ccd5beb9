import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isAlive, type ProcessIdentity } from '../../drivers/event-log/process-identity.ts'
import type { ServiceName } from '../stack-description.ts'

/** A started service: its process, and how it was started. */
export interface StartedService extends ProcessIdentity {
  readonly fingerprint: string
}

/** The service's process if it still runs; null where there is none, it has ended, or the id is another process's now. */
export function runningService(stackDirectory: string, service: ServiceName): StartedService | null {
  let text: string
  try {
    text = readFileSync(pathOf(stackDirectory, service), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const started = parse(text)
  return started !== null && isAlive(started) ? started : null
}

export function writePidFile(stackDirectory: string, service: ServiceName, started: StartedService): void {
  const path = pathOf(stackDirectory, service)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify(started))
  renameSync(`${path}.new`, path)
}

export function removePidFile(stackDirectory: string, service: ServiceName): void {
  rmSync(pathOf(stackDirectory, service), { force: true })
}

function pathOf(stackDirectory: string, service: ServiceName): string {
  return join(stackDirectory, 'run', `${service}.pid.json`)
}

function parse(text: string): StartedService | null {
  try {
    const { pid, startedAt, fingerprint } = JSON.parse(text) as Partial<StartedService>
    return Number.isInteger(pid) && (pid as number) > 1
      ? { pid: pid as number, startedAt: startedAt ?? '', fingerprint: fingerprint ?? '' }
      : null
  } catch {
    // Cut short by a full disk or a power cut: its process is found by its mark.
    return null
  }
}
