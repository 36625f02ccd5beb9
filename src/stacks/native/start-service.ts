import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, processOf } from '../../drivers/event-log/process-identity.ts'
import { RepError } from '../../errors/rep-error.ts'
import { lastLines } from '../last-lines.ts'
import { type StartedService, writePidFile } from './pid-file.ts'
import { SERVICE_VARIABLE, STACK_VARIABLE } from './process-table.ts'
import { type Command, fingerprintOf, type ServicePlan } from './service-plan.ts'
import { giveTo } from './service-user.ts'

const POLL_MS = 100
const PROBE_LIMIT_MS = 2000
const MAX_LOG_BYTES = 16 * 2 ** 20
const SHOWN_LINES = 12

/**
 * Starts a service that lives on without rep, and waits until it is healthy. Throws REP_ENVIRONMENT with the
 * last lines of its log when it ends or stays unhealthy, and what `signal` was aborted with.
 */
export async function startService(
  stackDirectory: string,
  plan: ServicePlan,
  signal: AbortSignal,
): Promise<StartedService> {
  prepare(plan)
  await plan.settled?.(signal)
  const before = plan.beforeStart
  if (before !== undefined && !existsSync(before.unless)) await runToEnd(stackDirectory, plan, before, signal)
  const child = launch(stackDirectory, plan, plan.command)
  await once(child, 'spawn').catch((cause: unknown) => {
    throw failed(plan, `could not be started (${(cause as Error).message})`, cause)
  })
  try {
    const pid =
      plan.pidFile === undefined ? child.pid : await backgroundPid(child, plan, plan.pidFile, signal)
    const started = { ...processOf(pid as number), fingerprint: fingerprintOf(plan) }
    writePidFile(stackDirectory, plan.name, started)
    await untilHealthy(plan, started, signal)
    return started
  } finally {
    // Watched until here; from now on it must not keep rep from ending.
    child.unref()
  }
}

/** Waits until a started service is healthy, as startService() does. */
export async function untilHealthy(
  plan: ServicePlan,
  started: StartedService,
  signal: AbortSignal,
): Promise<void> {
  let reason: unknown
  for (const until = performance.now() + plan.startLimitMs; performance.now() < until; await sleep(POLL_MS)) {
    signal.throwIfAborted()
    if (!isAlive(started)) throw failed(plan, 'ended while it was starting')
    try {
      await plan.probe(AbortSignal.any([signal, AbortSignal.timeout(PROBE_LIMIT_MS)]))
      return
    } catch (error) {
      reason = error
    }
  }
  throw failed(
    plan,
    `is not healthy after ${plan.startLimitMs / 1000} s (${(reason as Error).message})`,
    reason,
  )
}

function prepare(plan: ServicePlan): void {
  for (const directory of plan.directories) mkdirSync(directory, { recursive: true, mode: 0o755 })
  for (const [path, content] of Object.entries(plan.files)) writeFileSync(path, content)
  if (plan.uid !== null) giveTo(plan.directory, plan.uid, plan.gid)
  for (const log of plan.logs) {
    mkdirSync(dirname(log), { recursive: true })
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(log, `${log}.1`)
  }
}

/** What a service prints goes to the last of its logs; it is in a session of its own, out of reach of Ctrl-C here. */
function launch(stackDirectory: string, plan: ServicePlan, command: Command): ChildProcess {
  const out = openSync(plan.logs.at(-1) as string, 'a')
  try {
    return spawn(command.program, command.args, {
      cwd: command.cwd,
      env: {
        PATH: process.env.PATH,
        LANG: 'C.UTF-8',
        ...command.env,
        [STACK_VARIABLE]: stackDirectory,
        [SERVICE_VARIABLE]: plan.name,
      },
      detached: true,
      stdio: ['ignore', out, out],
      ...(plan.uid === null ? {} : { uid: plan.uid, gid: plan.gid ?? plan.uid }),
    })
  } finally {
    closeSync(out)
  }
}

async function runToEnd(
  stackDirectory: string,
  plan: ServicePlan,
  command: Command,
  signal: AbortSignal,
): Promise<void> {
  await exitZero(launch(stackDirectory, plan, command), plan, signal)
}

/** The process id of a service whose command puts it in the background once it is ready. */
async function backgroundPid(
  child: ChildProcess,
  plan: ServicePlan,
  pidFile: string,
  signal: AbortSignal,
): Promise<number> {
  await exitZero(child, plan, signal)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  if (Number.isInteger(pid) && pid > 1) return pid
  throw failed(plan, `left no process id in ${pidFile}`)
}

async function exitZero(child: ChildProcess, plan: ServicePlan, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(plan.startLimitMs)])
  try {
    const [code, killedBy] = (await once(child, 'exit', { signal: limit })) as [number | null, string | null]
    if (code !== 0) throw failed(plan, `ended with ${killedBy ?? `status ${code}`}`)
  } catch (error) {
    if (error instanceof RepError) throw error
    signal.throwIfAborted()
    throw failed(plan, `was not ready within ${plan.startLimitMs / 1000} s`, error)
  }
}

function failed(plan: ServicePlan, what: string, cause?: unknown): RepError {
  const shown = plan.logs.flatMap((log) => {
    const lines = lastLines(log, SHOWN_LINES)
    return lines.length === 0 ? [] : [`${log}:`, ...lines.map((line) => `  ${line}`)]
  })
  return new RepError('REP_ENVIRONMENT', `${plan.name} ${what}.`, { cause, details: shown })
}
