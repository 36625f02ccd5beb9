import { LatencyCounts, mergeCounts, type SparseCounts } from './latency-counts.ts'
import { toHistogram } from './latency-histogram.ts'
import type { MeasureSnapshot, RecorderSnapshot } from './latency-recorder.ts'
import type { MeasuredInterval, MeasureHistograms, RunMeasurements } from './run-measurements.ts'
import { MEASURES, type MeasureName } from './run-record.ts'

/** Sums snapshots of any threads and times; neither order nor grouping matters. */
export function mergeSnapshots(snapshots: readonly RecorderSnapshot[]): RecorderSnapshot {
  const sum = new SnapshotSum()
  for (const snapshot of snapshots) sum.add(snapshot)
  return sum.toSnapshot()
}

/** The running sum of snapshots: what a run keeps while it takes one a second from each thread. */
export class SnapshotSum {
  readonly #measures = new Map<MeasureName, MeasureSum>()
  readonly #scheduleLag = new LatencyCounts()
  readonly #sent = new Map<number, number>()

  add(snapshot: RecorderSnapshot): void {
    this.#scheduleLag.add(snapshot.scheduleLag)
    for (const [second, count] of snapshot.sent) this.#sent.set(second, (this.#sent.get(second) ?? 0) + count)
    for (const [name, part] of snapshot.measures) {
      let sum = this.#measures.get(name)
      if (sum === undefined) {
        sum = new MeasureSum()
        this.#measures.set(name, sum)
      }
      sum.add(part)
    }
  }

  toSnapshot(): RecorderSnapshot {
    const measures = new Map<MeasureName, MeasureSnapshot>()
    for (const name of MEASURES) {
      const sum = this.#measures.get(name)
      if (sum !== undefined) measures.set(name, sum.toSnapshot())
    }
    const sent = new Map([...this.#sent].sort(([a], [b]) => a - b))
    return { measures, scheduleLag: this.#scheduleLag.toSparse(), sent }
  }

  /** `startedAtEpochMs`: wall-clock time of the first measured due time. */
  toMeasurements(startedAtEpochMs: number): RunMeasurements {
    const { measures, scheduleLag, sent } = this.toSnapshot()
    const histograms = new Map<MeasureName, MeasureHistograms>()
    for (const [name, snapshot] of measures) {
      const figures = measureHistograms(snapshot)
      if (figures.dueToDone.totalCount > 0 || figures.failed > 0) histograms.set(name, figures)
    }
    const intervals = intervalsOf(measures, sent)
    return { measures: histograms, scheduleLag: toHistogram(scheduleLag), intervals, startedAtEpochMs }
  }
}

class MeasureSum {
  readonly #seconds = new Map<number, SparseCounts>()
  readonly #sendToDone = new LatencyCounts()
  #failed = 0

  add(part: MeasureSnapshot): void {
    for (const { second, counts } of part.seconds) {
      const known = this.#seconds.get(second)
      this.#seconds.set(second, known === undefined ? counts : mergeCounts([known, counts]))
    }
    this.#sendToDone.add(part.sendToDone)
    this.#failed += part.failed
  }

  toSnapshot(): MeasureSnapshot {
    const seconds = [...this.#seconds].sort(([a], [b]) => a - b)
    return {
      seconds: seconds.map(([second, counts]) => ({ second, counts })),
      sendToDone: this.#sendToDone.toSparse(),
      failed: this.#failed,
    }
  }
}

/** Due to done of the measured part: every second from 0 on. */
export function measuredCounts(snapshot: MeasureSnapshot): SparseCounts {
  return mergeCounts(snapshot.seconds.filter(({ second }) => second >= 0).map(({ counts }) => counts))
}

function measureHistograms(snapshot: MeasureSnapshot): MeasureHistograms {
  return {
    dueToDone: toHistogram(measuredCounts(snapshot)),
    sendToDone: toHistogram(snapshot.sendToDone),
    failed: snapshot.failed,
  }
}

function intervalsOf(
  measures: ReadonlyMap<MeasureName, MeasureSnapshot>,
  sent: ReadonlyMap<number, number>,
): MeasuredInterval[] {
  const bySecond = new Map<number, Map<MeasureName, ReturnType<typeof toHistogram>>>()
  for (const second of sent.keys()) bySecond.set(second, new Map())
  for (const [name, { seconds }] of measures) {
    for (const { second, counts } of seconds) {
      const interval = bySecond.get(second) ?? new Map()
      interval.set(name, toHistogram(counts))
      bySecond.set(second, interval)
    }
  }
  return [...bySecond]
    .sort(([a], [b]) => a - b)
    .map(([second, histograms]) => ({ second, sent: sent.get(second) ?? 0, measures: histograms }))
}
