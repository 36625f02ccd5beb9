import type { ShardNumber } from '../config/parse-shard.ts'
import type { Scenario } from '../config/scenario.ts'
import type { InjectedFaults } from '../faults/fault-counts.ts'
import type { LiveSnapshot } from '../measure/live-status.ts'
import type { RunMeasurements } from '../measure/run-measurements.ts'
import type { RunRecord } from '../measure/run-record.ts'
import type { PostsSoFar, SourcePlan, StackAddress } from './lab-plan.ts'
import type { ShardFiles } from './shards/shard-part.ts'

export interface LabOptions {
  readonly id: string
  readonly scenario: Scenario
  readonly source: SourcePlan
  readonly stack: StackAddress
  /** The command line, for the manifest. */
  readonly command: string
  /** Stops the load early: what was sent is drained, judged and reported as partial. */
  readonly signal: AbortSignal
  /** Ends the load as soon as an objective is missed over this many ms; null to run to the end. */
  readonly breachWindowMs: number | null
  /** Who runs the stages: threads of this process (the default), or `rep work` processes alone. */
  readonly pipeline?: 'threads' | 'workers'
  /** Where worker processes meet the lab; default any port of 127.0.0.1. */
  readonly control?: { readonly host: string; readonly port: number }
  /** Which part of a sharded run this is; left out for all of it. */
  readonly shard?: ShardNumber
  /** A run before this one, on the same stores: they are filled, and users go on where they were. */
  readonly before?: RunBefore
  onLive(now: LiveSnapshot): void
  onLog(line: string): void
}

/** What a run on the stores of another must know of it. */
export interface RunBefore {
  readonly posts: PostsSoFar | null
  /** Posts in the post index. */
  readonly seeded: number
}

export interface LabRun {
  readonly record: RunRecord
  readonly measurements: RunMeasurements
  /** What faults the scenario's steps did, to compare the ledger with. */
  readonly injected: InjectedFaults
  /** What users have done about posts by now; null in a run without. */
  readonly posts: PostsSoFar | null
  /** How long filling the post index took, ms; 0 where nothing was to fill. */
  readonly seedMs: number
  /** What merging the shards of a run needs of this one; only of a sharded run. */
  readonly shard?: ShardFiles
}
