import type { HostFacts, ResourceFigures } from '../measure/run-record.ts'
import type { Position } from '../ports/event-log.ts'
import type { Stack } from '../ports/stack.ts'
import type { LabCollector } from './lab-collector.ts'
import type { LabOptions } from './lab-options.ts'
import type { LabPlan } from './lab-plan.ts'
import type { LiveSampler } from './live-sampler.ts'
import type { Offered } from './offered.ts'
import type { ShardMeeting } from './shards/shard-meeting.ts'
import type { CollectThreadResult } from './workers/collect.ts'
import type { LoadThreadResult } from './workers/load.ts'
import type { ProbeThreadResult } from './workers/probe.ts'

/** What is known of a run when its pipeline has stopped. */
export interface Conclusion {
  readonly options: LabOptions
  readonly plan: LabPlan
  readonly stack: Stack
  readonly host: HostFacts
  /** Null for a run that is not sharded. */
  readonly meeting: ShardMeeting | null
  /** What the whole schedule holds, and what of it is this process's. */
  readonly whole: Offered
  readonly offered: Offered
  /** What a reader of the figures must know of the catalogue. */
  readonly notes: readonly string[]
  readonly from: readonly Position[]
  readonly seedMs: number
  /** Due time 0 on the host's monotonic clock, µs, and on the wall clock, ms. */
  readonly originUs: number
  readonly originEpochMs: number
  readonly collector: LabCollector
  readonly sampler: LiveSampler
  readonly loads: readonly LoadThreadResult[]
  readonly probe: ProbeThreadResult
  /** Null where the load went straight to the log. */
  readonly collect: CollectThreadResult | null
  readonly drained: boolean
  readonly stoppedEarly: string | null
  readonly resources: readonly ResourceFigures[]
}
