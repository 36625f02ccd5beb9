import type { ShardNumber } from '../config/parse-shard.ts'
import { nowUs, shiftClock } from '../kernel/time.ts'
import type { LabCollector } from './lab-collector.ts'
import type { LabPlan, LabProgress } from './lab-plan.ts'
import type { ShardStart } from './shards/run-clock.ts'
import { shardOfUsers } from './shards/shard-facts.ts'
import { type StageName, stagesOf } from './stage-table.ts'
import { startThread, type Thread } from './thread.ts'
import type { CollectThreadData, CollectThreadResult } from './workers/collect.ts'
import type { LoadThreadData, LoadThreadResult } from './workers/load.ts'
import type { PipelineThreadData } from './workers/pipeline.ts'
import type { ProbeThreadData, ProbeThreadResult } from './workers/probe.ts'

/** Which stages share a thread. Inventory and notify are few events, mostly waiting. */
const PIPELINE_THREADS: readonly (readonly StageName[])[] = [
  ['behavior'],
  ['preference'],
  ['inventory', 'notify'],
  ['feature', 'reminder'],
  ['statistics'],
  ['lake'],
]
/** From the start order to due time 0: time for every thread to hear of it. */
const LEAD_US = 300_000

export interface LabThreads {
  readonly pipeline: readonly Thread<LabProgress>[]
  readonly recommend: Thread<LabProgress>
  /** Null where the load goes straight to the log. */
  readonly collect: Thread<CollectThreadResult> | null
  readonly load: readonly Thread<LoadThreadResult>[]
  readonly probe: Thread<ProbeThreadResult>
}

export interface LabHooks {
  readonly collector: LabCollector
  /** Who runs the stages: threads of this process, or worker processes alone. */
  readonly pipeline: 'threads' | 'workers'
  /** Which part of a sharded run this process is. */
  readonly shard?: ShardNumber | undefined
  onLog(line: string): void
}

/** Starts the threads of a lab and resolves when all are ready; on failure none is left. */
export async function startLab(
  plan: LabPlan,
  { collector: reports, pipeline: runner, shard: shardOfRun, onLog }: LabHooks,
): Promise<LabThreads> {
  const started: Thread<unknown>[] = []
  const start = <R>(name: string, entry: string, data: unknown): Thread<R> => {
    const hooks = { onLog, onProgress: (progress: LabProgress) => reports.take(name, progress) }
    const thread = startThread<R, LabProgress>({ name, entry, data }, hooks)
    started.push(thread)
    return thread
  }
  try {
    const recommend = start<LabProgress>('recommend', 'recommend', { plan })
    const wanted = runner === 'threads' ? stagesOf(plan.scenario.pipeline) : []
    const groups = PIPELINE_THREADS.filter((stages) => stages.every((stage) => wanted.includes(stage)))
    const pipeline = groups.map((stages) =>
      start<LabProgress>(stages.join('+'), 'pipeline', { plan, stages } satisfies PipelineThreadData),
    )
    const collect =
      plan.scenario.load.through === 'collector'
        ? start<CollectThreadResult>('collect', 'collect', { plan } satisfies CollectThreadData)
        : null
    const url = await recommend.ready
    const collector = (await collect?.ready) ?? null
    const shards = plan.scenario.load.threads
    const within = shardOfRun === undefined ? {} : { within: shardOfUsers(shardOfRun) }
    const load = Array.from({ length: shards }, (_, shard) =>
      start<LoadThreadResult>(`load-${shard}`, 'load', {
        plan,
        shard: { shard, shards, ...within },
        collector,
      } satisfies LoadThreadData),
    )
    const watched = shardOfRun === undefined || shardOfRun.index === 1 ? plan : withoutProbes(plan)
    const probe = start<ProbeThreadResult>('probe', 'probe', {
      plan: watched,
      url,
      collector,
    } satisfies ProbeThreadData)
    await Promise.all(started.map((thread) => thread.ready))
    return { pipeline, recommend, collect, load, probe }
  } catch (error) {
    await Promise.all(started.map((thread) => thread.terminate()))
    throw error
  }
}

/** Reads and canaries are the first shard's. */
function withoutProbes(plan: LabPlan): LabPlan {
  const { scenario } = plan
  const { load } = scenario
  const none = { reads: { ...load.reads, tps: 0 }, canaries: { ...load.canaries, tps: 0 } }
  return { ...plan, scenario: { ...scenario, load: { ...load, ...none } } }
}

/** The threads that serve the load: the system under test. */
export function servicesOf({ pipeline, recommend, collect }: LabThreads): readonly Thread<unknown>[] {
  return [...pipeline, recommend, ...(collect === null ? [] : [collect])]
}

/** All threads of a lab. */
export function allThreads(threads: LabThreads): readonly Thread<unknown>[] {
  return [...servicesOf(threads), ...threads.load, threads.probe]
}

/** Due time 0 of a run of one process. */
export function ownStart(): ShardStart {
  return {
    originUs: nowUs() + LEAD_US,
    originEpochMs: Date.now() + LEAD_US / 1e3,
    shiftUs: 0,
    boundUs: 0,
  }
}

/** Orders the start, of this thread too. */
export function orderStart(threads: LabThreads, { originUs, shiftUs }: ShardStart): void {
  for (const thread of allThreads(threads)) thread.order({ kind: 'start', originUs, shiftUs })
  shiftClock(shiftUs)
}
