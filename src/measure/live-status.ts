import type { MeasureName } from './run-record.ts'

/** What a run looks like at one moment; the rates and percentiles are those of the last window. */
export interface LiveSnapshot {
  readonly scenario: string
  readonly elapsedMs: number
  /** Warm-up and measured part together; the drain comes after. */
  readonly plannedMs: number
  /** `warm-up`, `constant`, `ramp 2 of 3`, `drain`, ... */
  readonly phase: string
  readonly targetTps: number
  /** Events due per second. */
  readonly offeredTps: number
  readonly sentTps: number
  /** Since the start. */
  readonly sent: number
  readonly failed: number
  readonly scheduleLagP99Ms: number | null
  /** Records waiting in the event log, by stage. */
  readonly backlog: Readonly<Record<string, number>>
  readonly measures: Readonly<Partial<Record<MeasureName, LiveFigures>>>
  /** Events sent per second in the windows so far, oldest first. */
  readonly rates: readonly number[]
  /** Null before the first sample. */
  readonly cpuCores: number | null
  readonly rssBytes: number | null
}

export interface LiveFigures {
  readonly count: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}
