import { DEFAULT_FEATURES } from '../domain/features/default-definitions.ts'
import type { Arrival, FaultStep, Phase, PipelineSettings, Scenario } from './scenario.ts'
import type { ScenarioInput } from './schema/scenario-schema.ts'

/** A parsed file as the effective scenario: only names change, a duration's to one that ends in `Ms`. */
export function effectiveScenario(name: string, input: ScenarioInput): Scenario {
  const { actions, inventory, reads, canaries, threads, through, model, posts } = input.load
  const { wait: waitMs, timeout: timeoutMs, ...collector } = input.load.collector
  return {
    name,
    title: input.title === '' ? name : input.title,
    description: input.description.trim(),
    seed: input.seed,
    startsAtMs: Date.parse(input.startsAt),
    warmupMs: input.warmup,
    drainMs: input.drain,
    load: {
      threads,
      through,
      collector: { ...collector, waitMs, timeoutMs },
      model,
      posts,
      actions: { tps: actions.tps, arrival: arrival(actions.arrival), phases: actions.phases.map(phase) },
      inventory: {
        tps: inventory.tps,
        priceShare: inventory.priceShare,
        dropShare: inventory.dropShare,
        stockOut: inventory.stockOut && {
          productRank: inventory.stockOut.productRank,
          everyMs: inventory.stockOut.every,
        },
      },
      reads,
      canaries: {
        tps: canaries.tps,
        users: canaries.users,
        pollMs: canaries.poll,
        timeoutMs: canaries.timeout,
      },
    },
    users: input.users,
    catalogue: input.catalogue,
    pipeline: pipeline(input.pipeline),
    limits: { scheduleLagP99Ms: input.limits.scheduleLagP99, eventLoopP99Ms: input.limits.eventLoopP99 },
    faults: input.faults.map(fault),
    objectives: input.objectives,
  }
}

function arrival(input: ScenarioInput['load']['actions']['arrival']): Arrival {
  return input.process === 'bursty' ? { process: 'bursty', onMs: input.on, offMs: input.off } : input
}

function phase(input: ScenarioInput['load']['actions']['phases'][number]): Phase {
  const { duration: durationMs, ...rest } = input
  if (rest.shape === 'spike') {
    const { spike: spikeMs, ...spike } = rest
    return { ...spike, durationMs, spikeMs }
  }
  if (rest.shape === 'sine') {
    const { period: periodMs, ...sine } = rest
    return { ...sine, durationMs, periodMs }
  }
  return { ...rest, durationMs }
}

function fault(input: ScenarioInput['faults'][number]): FaultStep {
  return input.kind === 'stall' ? { kind: 'stall', atMs: input.at, forMs: input.for } : input
}

function pipeline(input: ScenarioInput['pipeline']): PipelineSettings {
  const { flush: flushMs, ...behavior } = input.behavior
  const { ttl: ttlMs, backup: backupMs, ...preference } = input.preference
  const { popularRefresh: popularRefreshMs, ...recommend } = input.recommend
  const { ttl: featuresTtlMs, enabled, batchRecords } = input.features
  const { flush: statisticsFlushMs, ...statistics } = input.statistics
  const { rollAge: rollAgeMs, ...lake } = input.lake
  const { recent: recentMs, dedupe: dedupeMs, ...inventory } = input.inventory
  const { latency: latencyMs, backoff: backoffMs, ...notify } = input.notify
  return {
    embedder: input.embedder,
    behavior: { ...behavior, flushMs },
    preference: { ...preference, ttlMs, backupMs },
    recommend: { ...recommend, popularRefreshMs },
    features: { enabled, batchRecords, ttlMs: featuresTtlMs, definitions: DEFAULT_FEATURES },
    statistics: { ...statistics, flushMs: statisticsFlushMs },
    lake: { ...lake, rollAgeMs },
    inventory: { ...inventory, recentMs, dedupeMs },
    notify: { ...notify, latencyMs, backoffMs },
  }
}
