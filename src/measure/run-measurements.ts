import type { Histogram } from 'hdr-histogram-js'
import type { MeasureName } from './run-record.ts'

/** Everything that was timed in one run, merged over its threads: what figures and histogram files are made from. */
export interface RunMeasurements {
  /** Only measures with a sample or a failure are present. */
  readonly measures: ReadonlyMap<MeasureName, MeasureHistograms>
  /** Send time minus due time of every driven event of the measured part, µs. */
  readonly scheduleLag: Histogram
  /** One a second of due time, ascending; seconds in which nothing was due are absent. */
  readonly intervals: readonly MeasuredInterval[]
  /** Wall-clock time of second 0 (the first measured due time), ms since the epoch. */
  readonly startedAtEpochMs: number
}

/** Values in µs, 3 significant digits. */
export interface MeasureHistograms {
  readonly dueToDone: Histogram
  readonly sendToDone: Histogram
  /** Driven things that never got done: no sample of theirs is in the histograms. */
  readonly failed: number
}

export interface MeasuredInterval {
  /** Seconds of due time since the start of the measured part; below 0 in the warm-up. */
  readonly second: number
  /** Events due in this second that were sent. */
  readonly sent: number
  /** Due to done, µs, of what was due in this second. */
  readonly measures: ReadonlyMap<MeasureName, Histogram>
}
