import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { MeasureName, RunRecord, StageFigures } from '../src/measure/run-record.ts'
import { measuresOf, PERCENTILES } from './measure-text.ts'

/** One measure's latency by percentile. `x` is log10(1 / (1 - percentile)): 1 is p90, 2 is p99, and so on. */
export interface PercentileCurve {
  readonly name: MeasureName
  /** Due to done: dense, from the histogram, ending at the maximum: the one sample in `count`. */
  readonly due: readonly CurvePoint[]
  /** Send to done: through the published percentiles. */
  readonly send: readonly CurvePoint[]
}

export interface CurvePoint {
  readonly x: number
  readonly ms: number
}

/** Points a decade of the percentile axis: enough that the curve looks as smooth as it is. */
const PER_DECADE = 24

/** Curves of every measure with samples. Throws on a histogram that cannot be decoded. */
export function percentileCurves(record: RunRecord): PercentileCurve[] {
  return measuresOf(record)
    .filter(({ figures }) => figures.count > 0)
    .map(({ name, figures }) => ({ name, due: dueCurve(figures), send: sendCurve(figures) }))
}

/** The percentile (0 to 1) at a place of the axis. */
export function percentileAt(x: number): number {
  return 1 - 10 ** -x
}

function dueCurve(figures: StageFigures): CurvePoint[] {
  const histogram = decodeFromCompressedBase64(figures.histogram)
  const end = Math.log10(histogram.totalCount)
  const xs: number[] = []
  for (let i = 0; i / PER_DECADE < end; i++) xs.push(i / PER_DECADE)
  return [...xs.map((x) => ({ x, ms: valueAt(histogram, x) })), { x: end, ms: histogram.maxValue / 1000 }]
}

function valueAt(histogram: Histogram, x: number): number {
  return histogram.getValueAtPercentile(percentileAt(x) * 100) / 1000
}

function sendCurve({ sendToDone }: StageFigures): CurvePoint[] {
  const points = PERCENTILES.flatMap(({ key, share }) => {
    const ms = sendToDone[key]
    return ms === null ? [] : [{ x: Math.log10(1 / (1 - share)), ms }]
  })
  if (sendToDone.maxMs !== null && sendToDone.count > 1)
    points.push({ x: Math.log10(sendToDone.count), ms: sendToDone.maxMs })
  return points
}
