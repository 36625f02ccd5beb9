import { TOPICS } from '../domain/topics.ts'
import { nowUs } from '../kernel/time.ts'
import { hostFacts } from '../measure/host.ts'
import { createLedger } from '../measure/ledger.ts'
import { ResourceWatch, type WatchedProcess } from '../measure/resources.ts'
import type { HostFacts } from '../measure/run-record.ts'
import type { Position } from '../ports/event-log.ts'
import type { Stack } from '../ports/stack.ts'
import { positionsNow } from './account.ts'
import { drain } from './backlog.ts'
import { loadCatalogue } from './catalogue.ts'
import { concludeRun } from './conclude-run.ts'
import { EarlyStop } from './early-stop.ts'
import { LabCollector } from './lab-collector.ts'
import type { LabOptions, LabRun } from './lab-options.ts'
import type { LabPlan, LabProgress, StackAddress } from './lab-plan.ts'
import { allThreads, type LabThreads, orderStart, startLab } from './lab-threads.ts'
import { LiveSampler } from './live-sampler.ts'
import { actionSchedule, countOffered, type Offered } from './offered.ts'
import { openStack } from './open-stack.ts'
import { createStores, seedCatalogue } from './seed.ts'
import { seedPreferences } from './seed-preferences.ts'
import { GROUPS } from './stage-table.ts'
import { startTicking } from './ticker.ts'

/** Runs one scenario on a stack that nobody else uses, and judges it. */
export async function runLab(options: LabOptions): Promise<LabRun> {
  const host = hostFacts()
  const stack = await openStack(options.stack)
  try {
    const lab = await prepare(options, stack)
    return await drive({ ...lab, options, host, stack })
  } finally {
    await stack.close()
  }
}

interface Lab {
  readonly plan: LabPlan
  readonly offered: Offered
  /** What a reader of the figures must know of the catalogue. */
  readonly notes: readonly string[]
  /** Where every topic stood before the run. */
  readonly from: readonly Position[]
}

async function prepare({ scenario, source, stack: address }: LabOptions, stack: Stack): Promise<Lab> {
  const offered = source.kind === 'replay' ? source.offered : countOffered(actionSchedule(scenario))
  const stages = ['index', 'preference']
  const ledger = createLedger({
    seed: scenario.seed,
    streams: {
      action: { count: offered.total, stages },
      canary: { count: null, stages },
      inventory: { count: null, stages: [] },
    },
  })
  const { schemaIds } = stack
  const known = address.kind === 'services' ? { ...address, schemaIds } : address
  const plan = { stack: known, scenario, source, ledger, schemaIds }
  const { products, notes } = await loadCatalogue(plan)
  await createStores(stack, scenario)
  const vectors = await seedCatalogue(stack, products)
  await seedPreferences(stack, scenario, { products, vectors })
  const from = await positionsNow(
    stack.log,
    TOPICS.map(({ name }) => name),
  )
  return { plan, offered, from, notes }
}

interface Drive extends Lab {
  readonly options: LabOptions
  readonly stack: Stack
  readonly host: HostFacts
}

async function drive(run: Drive): Promise<LabRun> {
  const { options, plan, offered, stack } = run
  const { scenario } = options
  const collector = new LabCollector()
  const sampler = new LiveSampler({ scenario, collector, log: stack.log, offered })
  const threads = await startLab(plan, { collector, onLog: options.onLog })
  const early = new EarlyStop(options, threads)
  const resources = new ResourceWatch(watchedProcesses(plan.stack))
  try {
    const originUs = orderStart(threads)
    const originEpochMs = Date.now() + (originUs - nowUs()) / 1e3
    sampler.begin(originUs)
    resources.start()
    const ticker = startTicking(options, { sampler, collector, early, offered })
    const driven = Promise.all([Promise.all(threads.load.map(({ result }) => result)), threads.probe.result])
    // A pipeline thread that dies ends the run: nothing would ever drain.
    const [loads, probe] = await Promise.race([driven, firstFailure(threads)])
    sampler.beginDrain()
    const drained = await drain(stack.log, GROUPS, { timeoutMs: scenario.drainMs })
    await ticker.stop()
    for (const [name, last] of await stopServices(threads)) collector.take(name, last)
    for (const [i, { name }] of threads.load.entries()) collector.take(name, loads[i]!.last)
    collector.take(threads.probe.name, probe.last)
    const used = resources.stop(collector.threadUsage)
    const parts = { ...run, originUs, originEpochMs, collector, sampler, loads, probe, drained }
    return await concludeRun({ ...parts, stoppedEarly: early.reason, resources: used })
  } finally {
    early.dispose()
    await Promise.all(allThreads(threads).map((thread) => thread.terminate()))
  }
}

/** rep itself, and the services that run as processes of this host. */
function watchedProcesses(stack: StackAddress): readonly WatchedProcess[] {
  const services = stack.kind === 'services' ? Object.entries(stack.description.services) : []
  const known = services.flatMap(([name, { pid }]) => (pid === null ? [] : [{ name, pid }]))
  return [{ name: 'rep' }, ...known]
}

function firstFailure(threads: LabThreads): Promise<never> {
  const services = [...threads.pipeline, threads.recommend]
  return Promise.race(services.map(({ result }) => result.then(() => new Promise<never>(() => undefined))))
}

/** Stops the pipeline and the service; returns their last reports by thread. */
async function stopServices(threads: LabThreads): Promise<[string, LabProgress][]> {
  const services = [...threads.pipeline, threads.recommend]
  for (const thread of services) thread.order({ kind: 'stop' })
  return Promise.all(services.map(async ({ name, result }) => [name, await result] as [string, LabProgress]))
}
