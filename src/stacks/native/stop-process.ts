import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity } from '../../drivers/event-log/process-identity.ts'
import { RepError } from '../../errors/rep-error.ts'

const POLL_MS = 50
const KILL_LIMIT_MS = 10_000

/** Ends a process: by `polite`, and SIGKILL after `limitMs`. True when it ended by itself. Throws REP_ENVIRONMENT when it survives both. */
export async function stopProcess(
  identity: ProcessIdentity,
  limitMs: number,
  polite: NodeJS.Signals = 'SIGTERM',
): Promise<boolean> {
  send(identity, polite)
  if (await ended(identity, limitMs)) return true
  send(identity, 'SIGKILL')
  if (await ended(identity, KILL_LIMIT_MS)) return false
  throw new RepError('REP_ENVIRONMENT', `Process ${identity.pid} does not end, not even by SIGKILL.`)
}

async function ended(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  for (const until = performance.now() + limitMs; isAlive(identity); await sleep(POLL_MS))
    if (performance.now() > until) return false
  return true
}

function send({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
