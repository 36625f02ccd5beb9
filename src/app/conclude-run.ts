import type { Scenario } from '../config/scenario.ts'
import type { Stream } from '../domain/trace-id.ts'
import { sumInjected } from '../faults/fault-counts.ts'
import { tapeNamer } from '../load/replay/tape-namer.ts'
import { encodeLedger } from '../measure/ledger-file.ts'
import type { Manifest } from '../measure/run-record.ts'
import { invalidReasons } from '../measure/validity.ts'
import { closeBooks } from './account.ts'
import { catalogueOf } from './catalogue.ts'
import { composeRecord } from './compose-record.ts'
import type { Conclusion } from './conclusion.ts'
import type { LabRun } from './lab-options.ts'
import { bookLake } from './lake/lake-books.ts'
import { loadRecord } from './load-record.ts'
import { accountPosts, postsSoFar } from './post-account.ts'
import { runNotes } from './run-notes.ts'
import { shardPart } from './shards/describe-part.ts'
import { stagesOf } from './stage-table.ts'
import { closeStatistics } from './statistics-books.ts'
import { stepIdNamer } from './step-id-namer.ts'
import { traceIdNamer } from './trace-id-namer.ts'
import { repVersion } from './version.ts'

/** Reads the log back, judges the run and writes it down. */
export async function concludeRun(run: Conclusion): Promise<LabRun> {
  const { options, plan, stack, whole, offered, collector, meeting } = run
  const { scenario } = options
  const measurements = collector.sum.toMeasurements(run.originEpochMs + scenario.warmupMs)
  const lastDoneUs = Math.max(...run.loads.map(({ lastDoneUs }) => lastDoneUs)) - run.originUs
  const { scheduleLag } = measurements
  const load = loadRecord({ scenario, whole, offered, ledger: plan.ledger, scheduleLag, lastDoneUs })
  // The first shard sees the whole lake, and says for all of them what is in it.
  const isLead = options.shard === undefined || options.shard.index === 1
  const lake = isLead ? await bookLake({ stack, scenario, ledger: plan.ledger, from: run.from }) : []
  const { ledger, conservation, reading, books } = await closeBooks({
    log: stack.log,
    schemaIds: stack.schemaIds,
    ledger: plan.ledger,
    from: run.from,
    stages: stagesOf(scenario.pipeline),
    counters: collector.counters,
    traceIdOf: await traceIds(run),
    shard: meeting !== null,
    overHttp: scenario.load.through === 'collector',
  })
  // What of the statistics a shard's events are, only all of them together could say.
  const compared = scenario.pipeline.statistics.enabled && meeting === null
  const statistics = compared
    ? { statistics: await closeStatistics({ ...run, ledger: plan.ledger, reading, conservation }) }
    : {}
  const posts = postsSoFar(run.loads)
  const accounts = posts === null ? [] : await accountPosts(posts.fold, stack.keyValue)
  const injected = sumInjected(
    [...run.loads, ...(run.collect === null ? [] : [run.collect])].map((by) => by.injected),
  )
  const record = composeRecord({
    id: options.id,
    scenario,
    stack: stack.name,
    startedAt: new Date(run.originEpochMs).toISOString(),
    finishedAt: new Date().toISOString(),
    manifest: await manifestOf(run, scenario),
    load,
    // The objectives are of the whole run: rep report merge judges them.
    objectives: meeting === null ? scenario.objectives : [],
    measurements,
    ledger,
    conservation,
    accounts,
    ...statistics,
    invalidReasons: invalidReasons({
      limits: scenario.limits,
      scheduleLag: measurements.scheduleLag,
      eventLoops: generatorLoops(run),
      // A load that was ended early is partial, not late.
      offered: run.stoppedEarly === null ? load.offered : load.sent,
      sent: load.sent,
    }),
    partial: run.stoppedEarly !== null,
    resources: run.resources,
    offered: offered.bySecond,
    backlog: run.sampler.backlogs,
    notes: [...runNotes(run, reading, { injected, accounts }), ...lake],
  })
  if (meeting === null) return { record, measurements, injected, posts, seedMs: run.seedMs }
  const part = shardPart({ run, meeting, reading, books, lastDoneUs })
  const shard = { part, ledger: await encodeLedger(plan.ledger, reading) }
  return { record, measurements, injected, posts, seedMs: run.seedMs, shard }
}

/** Names the events of the run: recorded ones from their tape, others from their schedule. */
async function traceIds({
  plan,
  options: { scenario, source },
}: Conclusion): Promise<(stream: Stream, sequence: number) => string> {
  const scheduled = traceIdNamer(scenario, await catalogueOf(plan))
  if (scenario.load.model === 'posts') {
    const steps = stepIdNamer(scenario, plan.posts)
    return (stream, sequence) => (stream === 'action' ? steps(sequence) : null) ?? scheduled(stream, sequence)
  }
  if (source.kind === 'generated') return scheduled
  const recorded = tapeNamer(source.tapeFile)
  return (stream, sequence) => (stream === 'action' ? recorded(sequence) : scheduled(stream, sequence))
}

function generatorLoops({ collector }: Conclusion): { name: string; p99Ms: number | null }[] {
  return [...collector.threads].map(([name, { eventLoopP99Ms }]) => ({ name, p99Ms: eventLoopP99Ms }))
}

async function manifestOf({ options, stack, host }: Conclusion, scenario: Scenario): Promise<Manifest> {
  return {
    rep: repVersion(),
    command: options.command,
    scenario,
    versions: await stack.describe(),
    host,
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    ...(options.source.kind === 'replay' ? { input: options.source.input } : {}),
  }
}
