import { TOPICS } from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
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
import { allThreads, type LabThreads, orderStart, ownStart, servicesOf, startLab } from './lab-threads.ts'
import { prepareLake } from './lake/empty-lake.ts'
import { LAKE_EFFECT } from './lake/lake-books.ts'
import { LiveSampler } from './live-sampler.ts'
import { actionSchedule, canaryCount, countOffered, type Offered, shardSchedule } from './offered.ts'
import { openStack } from './open-stack.ts'
import { rehearse } from './rehearse.ts'
import { createStores, seedCatalogue } from './seed.ts'
import { seedPosts } from './seed-posts.ts'
import { seedPreferences } from './seed-preferences.ts'
import { openMeeting } from './shards/open-meeting.ts'
import { shardOfUsers } from './shards/shard-facts.ts'
import type { ShardMeeting } from './shards/shard-meeting.ts'
import { groupsOf, stagesOf } from './stage-table.ts'
import { startTicking } from './ticker.ts'
import { Crew } from './work/crew.ts'
import type { CollectThreadResult } from './workers/collect.ts'

/** Runs one scenario on a stack that nobody else uses, and judges it. */
export async function runLab(options: LabOptions): Promise<LabRun> {
  refuseSharedPosts(options)
  const host = hostFacts()
  const meeting = await openMeeting(options)
  try {
    // The first shard has emptied the stack and fills it; the others find it full.
    if (!isLead(options)) await meeting?.prepared()
    return await runAlone(options, { host, meeting })
  } finally {
    await meeting?.close()
  }
}

async function runAlone(
  options: LabOptions,
  { host, meeting }: Pick<Drive, 'host' | 'meeting'>,
): Promise<LabRun> {
  const stack = await openStack(options.stack)
  try {
    const lab = await prepare(options, stack)
    if (isLead(options)) await meeting?.prepared()
    return await drive({ ...lab, options, host, stack, meeting })
  } finally {
    await stack.close()
  }
}

/** Ids of likes are known to the process that sends them only. */
function refuseSharedPosts({ scenario, shard, pipeline }: LabOptions): void {
  if (scenario.load.model !== 'posts' || (shard === undefined && pipeline !== 'workers')) return
  const flag = shard === undefined ? '--pipeline workers' : '--shard'
  throw new RepError('REP_USAGE', `${flag} does not go with load.model: posts, which one process runs.`)
}

/** True for a run that is not sharded, and for the first shard of one that is. */
function isLead({ shard }: LabOptions): boolean {
  return shard === undefined || shard.index === 1
}

interface Lab {
  readonly plan: LabPlan
  /** What the whole schedule holds, and what of it is this process's. */
  readonly whole: Offered
  readonly offered: Offered
  /** What a reader of the figures must know of the catalogue. */
  readonly notes: readonly string[]
  /** Where every topic stood before the run. */
  readonly from: readonly Position[]
  /** How long filling the post index took, ms. */
  readonly seedMs: number
}

/** Fills the post index, where the scenario has one, beyond what a run before left there. */
async function fillPosts({ scenario, before, signal, onLog }: LabOptions, stack: Stack): Promise<number> {
  const { posts } = scenario.catalogue
  if (posts === 0) return 0
  const from = before?.seeded ?? 0
  return seedPosts(stack, { from, to: posts, beforeMs: scenario.startsAtMs, signal, log: onLog })
}

async function prepare(options: LabOptions, stack: Stack): Promise<Lab> {
  const { scenario, source, stack: address, shard } = options
  const whole = source.kind === 'replay' ? source.offered : countOffered(actionSchedule(scenario))
  const offered = shard === undefined ? whole : countOffered(shardSchedule(scenario, shardOfUsers(shard)))
  const stages = ['index', 'preference', ...(scenario.pipeline.lake.enabled ? [LAKE_EFFECT] : [])]
  const ledger = createLedger({
    seed: scenario.seed,
    streams: {
      action: { count: whole.total, stages },
      // Another shard's canaries cannot make room here as they come.
      canary: { count: shard === undefined ? null : canaryCount(scenario), stages },
      inventory: { count: null, stages: [] },
    },
    // The service names likes.
    ...(scenario.load.model === 'posts' ? { aliases: whole.total } : {}),
  })
  const { schemaIds } = stack
  const known = address.kind === 'services' ? { ...address, schemaIds } : address
  const plan = { stack: known, scenario, source, ledger, schemaIds, posts: options.before?.posts ?? null }
  const { products, notes } = await loadCatalogue(plan)
  if (isLead(options) && options.before === undefined) {
    await rehearse(options)
    await createStores(stack, scenario)
    await prepareLake(stack, scenario)
    const { model, semantic } = stack.embedder.capabilities
    if (semantic)
      options.onLog(`Embedding ${products.length.toLocaleString('en-US')} products with ${model} …`)
    const vectors = await seedCatalogue(stack, products)
    await seedPreferences(stack, scenario, { products, vectors })
  }
  const seedMs = await fillPosts(options, stack)
  const from = await positionsNow(
    stack.log,
    TOPICS.map(({ name }) => name),
  )
  return { plan, whole, offered, from, notes, seedMs }
}

interface Drive extends Lab {
  readonly options: LabOptions
  readonly stack: Stack
  readonly host: HostFacts
  /** Null for a run that is not sharded. */
  readonly meeting: ShardMeeting | null
}

async function drive(run: Drive): Promise<LabRun> {
  const { options, plan, offered, stack, meeting } = run
  const { scenario } = options
  const collector = new LabCollector()
  const sampler = new LiveSampler({ scenario, collector, log: stack.log, offered })
  const { pipeline = 'threads', onLog } = options
  const crew = await openCrew(run, collector)
  const threads = await startLab(plan, { collector, pipeline, shard: options.shard, onLog }).catch(
    async (error: unknown) => {
      await crew?.close()
      throw error
    },
  )
  const early = new EarlyStop(options, threads)
  const resources = new ResourceWatch(watchedProcesses(plan.stack))
  let ticker: ReturnType<typeof startTicking> | null = null
  try {
    if (pipeline === 'workers') await crew?.complete()
    const start = meeting === null ? ownStart() : await Promise.race([meeting.start(), firstFailure(threads)])
    orderStart(threads, start)
    const { originUs, originEpochMs } = start
    crew?.begin(originUs)
    sampler.begin(originUs)
    resources.start()
    ticker = startTicking(options, { sampler, collector, early, offered })
    const driven = Promise.all([Promise.all(threads.load.map(({ result }) => result)), threads.probe.result])
    // A pipeline thread that dies ends the run: nothing would ever drain.
    const [loads, probe] = await Promise.race([driven, firstFailure(threads)])
    if (meeting !== null) await Promise.race([meeting.sent(), firstFailure(threads)])
    sampler.beginDrain()
    // First: what it holds has yet to get into the log.
    const collect = await Promise.race([stopCollector(threads), firstFailure(threads)])
    const groups = groupsOf(stagesOf(scenario.pipeline))
    const drained = meeting?.caughtUp ?? (await drain(stack.log, groups, { timeoutMs: scenario.drainMs }))
    await meeting?.drained(drained)
    await ticker.stop()
    const [lasts] = await Promise.all([stopServices(threads), crew?.stop()])
    await meeting?.stopped()
    for (const [name, last] of lasts) collector.take(name, last)
    if (collect !== null) collector.take('collect', collect.last)
    for (const [i, { name }] of threads.load.entries()) collector.take(name, loads[i]!.last)
    collector.take(threads.probe.name, probe.last)
    const used = [...resources.stop(collector.threadUsage), ...(crew?.figures ?? [])]
    const notes = [...run.notes, ...(crew?.notes ?? []), ...(meeting?.notes ?? [])]
    const parts = {
      ...run,
      notes,
      originUs,
      originEpochMs,
      collector,
      sampler,
      loads,
      probe,
      collect,
      drained,
    }
    return await concludeRun({ ...parts, stoppedEarly: early.reason, resources: used })
  } finally {
    early.dispose()
    // Where a thread has died it would go on, and keep the process from ending.
    await ticker?.stop()
    await crew?.close()
    await Promise.all(allThreads(threads).map((thread) => thread.terminate()))
  }
}

/** Lets worker processes take part; the embedded stack is one process's. */
async function openCrew({ options, plan, stack }: Drive, collector: LabCollector): Promise<Crew | null> {
  if (plan.stack.kind === 'embedded' || !isLead(options)) return null
  if (plan.scenario.load.model === 'posts') return null
  const { id, control = { host: '127.0.0.1', port: 0 }, signal, onLog } = options
  return Crew.open({ run: id, plan, stack, collector, control, signal, log: onLog })
}

/** rep itself, and the services that run as processes of this host. */
function watchedProcesses(stack: StackAddress): readonly WatchedProcess[] {
  const services = stack.kind === 'services' ? Object.entries(stack.description.services) : []
  const known = services.flatMap(([name, { pid }]) => (pid === null ? [] : [{ name, pid }]))
  return [{ name: 'rep' }, ...known]
}

function firstFailure(threads: LabThreads): Promise<never> {
  const running = servicesOf(threads).map(({ result }) => result)
  return Promise.race(running.map((result) => result.then(() => new Promise<never>(() => undefined))))
}

/** Stops the collector, if there is one; resolves when all that it took is in the log. */
async function stopCollector({ collect }: LabThreads): Promise<CollectThreadResult | null> {
  collect?.order({ kind: 'stop' })
  return collect === null ? null : collect.result
}

/** Stops the pipeline and the service; returns their last reports by thread. */
async function stopServices(threads: LabThreads): Promise<[string, LabProgress][]> {
  const services = [...threads.pipeline, threads.recommend]
  for (const thread of services) thread.order({ kind: 'stop' })
  return Promise.all(services.map(async ({ name, result }) => [name, await result] as [string, LabProgress]))
}
