import type { Scenario } from '../config/scenario.ts'
import type { Stream } from '../domain/trace-id.ts'
import { sumInjected } from '../faults/fault-counts.ts'
import { tapeNamer } from '../load/replay/tape-namer.ts'
import { evaluateObjectives } from '../measure/evaluate-objectives.ts'
import { parseObjectives } from '../measure/parse-objective.ts'
import type { Manifest, RunRecord } from '../measure/run-record.ts'
import { stageFigures } from '../measure/stage-figures.ts'
import { timelineOf } from '../measure/timeline.ts'
import { invalidReasons } from '../measure/validity.ts'
import { verdictOf } from '../measure/verdict.ts'
import { closeBooks } from './account.ts'
import { catalogueOf } from './catalogue.ts'
import type { Conclusion } from './conclusion.ts'
import type { LabRun } from './lab-options.ts'
import { loadRecord } from './load-record.ts'
import { runNotes } from './run-notes.ts'
import { traceIdNamer } from './trace-id-namer.ts'
import { repVersion } from './version.ts'

/** Reads the log back, judges the run and writes it down. */
export async function concludeRun(run: Conclusion): Promise<LabRun> {
  const { options, plan, stack, offered, collector } = run
  const { scenario } = options
  const measurements = collector.sum.toMeasurements(run.originEpochMs + scenario.warmupMs)
  const load = loadRecord({
    scenario,
    offered,
    ledger: plan.ledger,
    scheduleLag: measurements.scheduleLag,
    lastDoneUs: Math.max(...run.loads.map(({ lastDoneUs }) => lastDoneUs)) - run.originUs,
  })
  const { ledger, conservation, reading } = await closeBooks({
    log: stack.log,
    schemaIds: stack.schemaIds,
    ledger: plan.ledger,
    from: run.from,
    counters: collector.counters,
    traceIdOf: await traceIds(run),
  })
  const injected = sumInjected(run.loads.map((load) => load.injected))
  const objectives = evaluateObjectives(parseObjectives(scenario.objectives), { measurements, load, ledger })
  const reasons = invalidReasons({
    limits: scenario.limits,
    scheduleLag: measurements.scheduleLag,
    eventLoops: generatorLoops(run),
    // A load that was ended early is partial, not late.
    offered: run.stoppedEarly === null ? load.offered : load.sent,
    sent: load.sent,
  })
  const judged = { valid: reasons.length === 0, objectives, conservation, ledger }
  const record: RunRecord = {
    schema: 'rep.run/1',
    id: options.id,
    scenario: scenario.name,
    seed: scenario.seed,
    stack: stack.name,
    startedAt: new Date(run.originEpochMs).toISOString(),
    finishedAt: new Date().toISOString(),
    manifest: await manifestOf(run, scenario),
    load,
    stages: stageFigures(measurements, { freshness: scenario.load.canaries.pollMs }),
    ...judged,
    invalidReasons: reasons,
    verdict: verdictOf(judged),
    partial: run.stoppedEarly !== null,
    resources: run.resources,
    timeline: timelineOf({
      intervals: measurements.intervals,
      offered: offered.bySecond,
      backlog: run.sampler.backlogs,
    }),
    notes: runNotes(run, reading, injected),
  }
  return { record, measurements, injected }
}

/** Names the events of the run: recorded ones from their tape, others from their schedule. */
async function traceIds({
  plan,
  options: { scenario, source },
}: Conclusion): Promise<(stream: Stream, sequence: number) => string> {
  const scheduled = traceIdNamer(scenario, await catalogueOf(plan))
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
    ...(options.source.kind === 'replay' ? { input: options.source.input } : {}),
  }
}
