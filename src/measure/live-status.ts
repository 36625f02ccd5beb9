import type { MeasureName } from './run-record.ts'

/** What a live view shows of a run under way. */
export interface LiveStatus {
  readonly phase: 'prepare' | 'warm-up' | 'measure' | 'drain' | 'verify'
  /** Seconds of due time since the measured part began; below 0 in the warm-up. */
  readonly elapsedS: number
  /** Length of the measured part. */
  readonly totalS: number
  readonly targetTps: number
  /** In the last second. */
  readonly sentTps: number
  readonly sent: number
  /** Records waiting in front of each stage. */
  readonly backlog: Readonly<Record<string, number>>
  /** Due to done in the last second in which there was one. */
  readonly measures: Readonly<Partial<Record<MeasureName, LiveFigures>>>
  /** Events sent in each past second, the newest last. */
  readonly rates: readonly number[]
  /** Cores that rep used in the last second. */
  readonly cores: number
  readonly rssBytes: number
}

export interface LiveFigures {
  readonly count: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}
