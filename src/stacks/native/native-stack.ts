import { existsSync, rmSync } from 'node:fs'
import { resolveSettings, saveSettings } from '../settings.ts'
import {
  descriptionPath,
  findStackDescription,
  SERVICES,
  type ServiceName,
  type StackDescription,
  type StackHome,
  stackDirectory,
  writeStackDescription,
} from '../stack-description.ts'
import { lockStack } from '../stack-lock.ts'
import type { StackDownOptions, StackUp, StackUpOptions } from '../stack-up.ts'
import { describeNative } from './describe-native.ts'
import { runningService, type StartedService } from './pid-file.ts'
import { outsideDirectory, planStack } from './plan-stack.ts'
import { requireFreePorts } from './ports.ts'
import { fingerprintOf, type ServicePlan } from './service-plan.ts'
import { startService, untilHealthy } from './start-service.ts'
import { stopServices } from './stop-services.ts'

/**
 * Brings a stack of plain processes up: starts what is not running, replaces what is running differently than
 * it should, leaves the rest alone. When a service fails, what this call started is stopped again.
 */
export async function upNative({
  home,
  name,
  settings: given,
  log,
  signal,
}: StackUpOptions): Promise<StackUp> {
  const directory = stackDirectory(home, name)
  const release = lockStack(directory)
  try {
    const settings = resolveSettings(home, name, given)
    const plans = await planStack(home, name, { settings, log })
    const up = await healthyOnes(directory, plans, signal)
    const missing = plans.filter((plan) => !up.has(plan.name))
    await stopServices(
      directory,
      missing.map((plan) => plan.name),
      log,
    )
    await requireFreePorts(missing)
    saveSettings(home, name, { kind: 'native', ...settings })
    const started = await startAll(directory, missing, { log, signal })
    const description = describeNative(name, plans, { settings, processes: new Map([...up, ...started]) })
    if (missing.length === 0)
      return { description: findStackDescription(home, name) ?? keep(home, description), started: [] }
    return { description: keep(home, description), started: missing.map((plan) => plan.name) }
  } finally {
    release()
  }
}

/** Stops a stack's services, also those of a killed `rep up`. With `volumes` its data, settings and logs go too. */
export async function downNative(options: StackDownOptions): Promise<readonly ServiceName[]> {
  const { home, name, volumes, log } = options
  const directory = stackDirectory(home, name)
  const known = existsSync(directory)
  const release = lockStack(directory)
  try {
    const stopped = await stopServices(directory, SERVICES, log)
    rmSync(descriptionPath(home, name), { force: true })
    if (volumes || !known) {
      for (const service of ['elasticsearch', 'postgres'])
        rmSync(outsideDirectory(directory, service), { recursive: true, force: true })
      rmSync(directory, { recursive: true, force: true })
    }
    return stopped
  } finally {
    release()
  }
}

/** Running services that are healthy and run as planned. */
async function healthyOnes(
  directory: string,
  plans: readonly ServicePlan[],
  signal: AbortSignal,
): Promise<Map<ServiceName, StartedService>> {
  const up = new Map<ServiceName, StartedService>()
  await Promise.all(
    plans.map(async (plan) => {
      const running = runningService(directory, plan.name)
      if (running === null || running.fingerprint !== fingerprintOf(plan)) return
      try {
        await untilHealthy({ ...plan, startLimitMs: 5000 }, running, signal)
        up.set(plan.name, running)
      } catch (error) {
        // Runs, but does not answer: it is replaced.
        signal.throwIfAborted()
        if (!(error instanceof Error)) throw error
      }
    }),
  )
  return up
}

async function startAll(
  directory: string,
  plans: readonly ServicePlan[],
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
): Promise<Map<ServiceName, StartedService>> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const started = new Map<ServiceName, StartedService>()
  const start = async (plan: ServicePlan): Promise<void> => {
    const from = performance.now()
    started.set(plan.name, await startService(directory, plan, either))
    log(
      `${plan.name} ${plan.version} is up on 127.0.0.1:${plan.ports[0]} (${((performance.now() - from) / 1000).toFixed(1)} s).`,
    )
  }
  const results = await Promise.allSettled(
    plans.map((plan) =>
      start(plan).catch((error: unknown) => {
        // The first failure ends the waiting for the others; theirs is then only its echo.
        if (!failure.signal.aborted) failure.abort(error)
        throw error
      }),
    ),
  )
  if (results.every(({ status }) => status === 'fulfilled')) return started
  await stopServices(
    directory,
    plans.map((plan) => plan.name),
    log,
  )
  signal.throwIfAborted()
  throw failure.signal.reason
}

function keep(home: StackHome, description: StackDescription): StackDescription {
  writeStackDescription(home, description)
  return description
}
