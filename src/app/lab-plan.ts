import type { Scenario } from '../config/scenario.ts'
import type { RecorderSnapshot } from '../measure/latency-recorder.ts'
import type { LedgerBuffers } from '../measure/ledger.ts'
import type { StageCounters } from '../stages/stage.ts'

/** What every lab thread needs to know of the run; survives a structured clone, the ledger shared. */
export interface LabPlan {
  readonly stack: StackAddress
  readonly scenario: Scenario
  readonly source: SourcePlan
  readonly ledger: LedgerBuffers
}

/** Which stack to open, and where it is. */
export interface StackAddress {
  readonly name: 'embedded'
  readonly dataDir: string
  readonly dims: number
}

/** Where the actions come from. */
export type SourcePlan =
  | { readonly kind: 'generated' }
  | { readonly kind: 'replay'; readonly file: string; readonly options: ReplayPlanOptions }

/** How a recorded file is driven; the reader's own options are in `read`. */
export interface ReplayPlanOptions {
  readonly read: unknown
  /** Times faster than it happened; null for a fixed rate. */
  readonly speed: number | null
  readonly tps: number | null
}

/** What every lab thread reports, once a second and at its end: all since the last report. */
export interface LabProgress {
  readonly snapshot: RecorderSnapshot | null
  /** Absolute, not since the last report. */
  readonly stages: Readonly<Record<string, StageCounters>>
  readonly cpuSeconds: number
  /** 99th percentile of the event loop's delay so far, ms; null where the thread blocks by design. */
  readonly eventLoopP99Ms: number | null
}
