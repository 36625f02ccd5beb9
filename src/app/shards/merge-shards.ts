import type { Scenario } from '../../config/scenario.ts'
import { RepError } from '../../errors/rep-error.ts'
import { conserve, type StageBooks, sumCounters } from '../../measure/conservation.ts'
import type { FinalReading } from '../../measure/final-read.ts'
import { judgeLedger } from '../../measure/ledger-verdict.ts'
import { SnapshotSum } from '../../measure/merge-snapshots.ts'
import type { RunMeasurements } from '../../measure/run-measurements.ts'
import type { Manifest, ResourceFigures, RunRecord } from '../../measure/run-record.ts'
import { uniteLedgers } from '../../measure/unite-ledgers.ts'
import { invalidReasons } from '../../measure/validity.ts'
import { catalogueOf } from '../catalogue.ts'
import { composeRecord } from '../compose-record.ts'
import { loadRecord } from '../load-record.ts'
import { actionSchedule, countOffered } from '../offered.ts'
import { traceIdNamer } from '../trace-id-namer.ts'
import { mergedNotes } from './merged-notes.ts'
import type { StoredShard } from './read-shards.ts'

export interface MergeOptions {
  /** Of the merged run. */
  readonly id: string
  /** The command line, for the manifest. */
  readonly command: string
}

export interface MergedRun {
  readonly record: RunRecord
  readonly measurements: RunMeasurements
}

/** The record of the whole run from those of all its shards, judged as one process's would have been. */
export async function mergeShards(shards: readonly StoredShard[], options: MergeOptions): Promise<MergedRun> {
  const first = shards[0]
  if (first === undefined) throw new RepError('REP_INTERNAL', 'There is no shard to merge.')
  const scenario = first.record.manifest.scenario as Scenario
  const sum = new SnapshotSum()
  for (const { part } of shards) sum.add(part.snapshot)
  const measurements = sum.toMeasurements(first.part.originEpochMs + scenario.warmupMs)
  const named = shards.map(({ part, ledger }) => ({ name: `shard ${part.index}`, streams: ledger }))
  const united = uniteLedgers(named)
  const reading = uniteReadings(shards, united.marks)
  const whole = countOffered(actionSchedule(scenario))
  const { scheduleLag } = measurements
  const lastDoneUs = Math.max(...shards.map(({ part }) => part.lastDoneUs))
  const facts = { scenario, whole, offered: whole, ledger: united.ledger, scheduleLag, lastDoneUs }
  const load = loadRecord(facts)
  const products = await catalogueOf({ scenario, source: { kind: 'generated' } })
  const partial = shards.some(({ record }) => record.partial)
  const record = composeRecord({
    ...options,
    scenario,
    stack: first.record.stack,
    startedAt: first.record.startedAt,
    finishedAt: new Date(
      Math.max(...shards.map(({ record }) => Date.parse(record.finishedAt))),
    ).toISOString(),
    manifest: mergedManifest(shards, options),
    load,
    objectives: scenario.objectives,
    measurements,
    ledger: judgeLedger({
      ledger: united.ledger,
      reading,
      traceIdOf: traceIdNamer(scenario, products),
      overtaken: scenario.load.through === 'collector',
    }),
    conservation: uniteBooks(shards).map(conserve),
    invalidReasons: mergedReasons(shards, {
      limits: scenario.limits,
      scheduleLag,
      offered: partial ? load.sent : load.offered,
      sent: load.sent,
    }),
    partial,
    resources: mergedResources(shards),
    offered: whole.bySecond,
    backlog: first.part.backlog,
    notes: mergedNotes(shards, reading),
  })
  return { record, measurements }
}

/** Every shard has read the whole log: what one of them did not see, another did. */
function uniteReadings(shards: readonly StoredShard[], marks: FinalReading['marks']): FinalReading {
  const readings = shards.map(({ part }) => part.reading)
  const most = (of: (reading: (typeof readings)[number]) => number): number => Math.max(...readings.map(of))
  const { truncated, reorderings } = readings.find((reading) => reading.truncated.length > 0) ?? readings[0]!
  return {
    records: most(({ records }) => records),
    foreign: most(({ foreign }) => foreign),
    undecodable: most(({ undecodable }) => undecodable),
    deadLetters: most(({ deadLetters }) => deadLetters),
    marks,
    truncated,
    reorderings,
  }
}

/** The stages' counters of all shards; where their groups stood at the end is the same for all. */
export function uniteBooks(shards: readonly Pick<StoredShard, 'part'>[]): readonly StageBooks[] {
  const stages = shards[0]!.part.books
  return stages.map(({ stage, partitions }, at) => {
    const counters = sumCounters(shards.map(({ part }) => part.books[at]!.counters))
    const latest = partitions.map((partition, i) => {
      const all = shards.map(({ part }) => part.books[at]!.partitions[i]!)
      return {
        from: partition.from,
        committed: Math.max(...all.map(({ committed }) => committed)),
        latest: Math.max(...all.map(({ latest }) => latest)),
      }
    })
    return { stage, counters, partitions: latest }
  })
}

/** A shard that was late by itself is not excused by the others' good figures. */
function mergedReasons(
  shards: readonly StoredShard[],
  facts: Omit<Parameters<typeof invalidReasons>[0], 'eventLoops'>,
): readonly string[] {
  const own = shards.flatMap(({ part, record }) =>
    record.invalidReasons.map((reason) => `Shard ${part.index}: ${reason}`),
  )
  return [...invalidReasons({ ...facts, eventLoops: [] }), ...own]
}

/** Processes and threads by shard; the services of a host are the same for all its shards. */
function mergedResources(shards: readonly StoredShard[]): readonly ResourceFigures[] {
  const hosts = new Set<string>()
  return shards.flatMap(({ part, record }) => {
    const known = part.boot !== '' && hosts.has(part.boot)
    hosts.add(part.boot)
    return record.resources.flatMap((figures) => {
      const own = figures.name === 'rep' || figures.name.startsWith('rep/')
      if (own) return [{ ...figures, name: `shard ${part.index}: ${figures.name}` }]
      return known ? [] : [figures]
    })
  })
}

function mergedManifest(shards: readonly StoredShard[], { command }: MergeOptions): Manifest {
  const { rep, scenario, host } = shards[0]!.record.manifest
  return {
    rep,
    command,
    scenario,
    versions: Object.assign({}, ...shards.map(({ record }) => record.manifest.versions).reverse()),
    host,
    shards: shards.map(({ part, record }) => ({
      index: part.index,
      id: record.id,
      host: record.manifest.host,
      clockBoundMs: part.clockBoundUs / 1e3,
    })),
  }
}
