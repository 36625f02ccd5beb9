import type { Scenario } from '../config/scenario.ts'
import { evaluateObjectives } from '../measure/evaluate-objectives.ts'
import { parseObjectives } from '../measure/parse-objective.ts'
import type { RunMeasurements } from '../measure/run-measurements.ts'
import type { RunRecord } from '../measure/run-record.ts'
import { stageFigures } from '../measure/stage-figures.ts'
import { timelineOf } from '../measure/timeline.ts'
import { verdictOf } from '../measure/verdict.ts'

type Given = 'id' | 'stack' | 'startedAt' | 'finishedAt' | 'manifest' | 'load' | 'ledger' | 'conservation'
type AlsoGiven = 'invalidReasons' | 'partial' | 'resources' | 'notes' | 'statistics' | 'accounts'

export interface RecordParts extends Pick<RunRecord, Given | AlsoGiven> {
  readonly scenario: Scenario
  /** Lines that the run is judged by: the scenario's, or none for a part of a run. */
  readonly objectives: readonly string[]
  readonly measurements: RunMeasurements
  /** Events that fell due, by second. */
  readonly offered: ReadonlyMap<number, number>
  /** Records waiting by stage, by second. */
  readonly backlog: ReadonlyMap<number, Readonly<Record<string, number>>>
}

/** The record of a run from what was measured: figures, objectives and verdict follow. */
export function composeRecord(parts: RecordParts): RunRecord {
  const { scenario, measurements, load, ledger, conservation, invalidReasons } = parts
  const objectives = evaluateObjectives(parseObjectives(parts.objectives), { measurements, load, ledger })
  const statistics = parts.statistics === undefined ? {} : { statistics: parts.statistics }
  const accounts =
    parts.accounts === undefined || parts.accounts.length === 0 ? {} : { accounts: parts.accounts }
  const judged = {
    valid: invalidReasons.length === 0,
    objectives,
    conservation,
    ...statistics,
    ...accounts,
    ledger,
  }
  return {
    schema: 'rep.run/1',
    id: parts.id,
    scenario: scenario.name,
    seed: scenario.seed,
    stack: parts.stack,
    startedAt: parts.startedAt,
    finishedAt: parts.finishedAt,
    manifest: parts.manifest,
    load,
    stages: stageFigures(measurements, { freshness: scenario.load.canaries.pollMs }),
    ...judged,
    invalidReasons,
    verdict: verdictOf(judged),
    partial: parts.partial,
    resources: parts.resources,
    timeline: timelineOf({
      intervals: measurements.intervals,
      offered: parts.offered,
      backlog: parts.backlog,
    }),
    notes: parts.notes,
  }
}
