import type { MeasureName, TimelinePoint } from '../src/measure/run-record.ts'
import { type Markup, markup } from './markup.ts'
import { drawFrame, type Frame, plotOf, type Tick } from './svg-frame.ts'
import { axisMs } from './svg-percentiles.ts'
import {
  areaOf,
  decadeTicks,
  linearScale,
  logScale,
  type Point,
  pathOf,
  roundTicks,
  type Span,
} from './svg-scale.ts'

export interface ChartSize {
  readonly width: number
  readonly height: number
  readonly className: string
}

/** Events due and events sent in each second. */
export function rateChart(points: readonly TimelinePoint[], size: ChartSize): Markup {
  const frame = linearFrame(points, size, {
    values: points.flatMap(({ offered, sent }) => [offered, sent]),
    title: 'Throughput over time',
    description: 'Events due and events sent in each second',
  })
  const line = (pick: (point: TimelinePoint) => number) =>
    points.map((point) => place(frame, point, pick(point)))
  return drawFrame(frame, [
    markup`<path class="line offered" d="${pathOf(line(({ offered }) => offered))}"/>`,
    markup`<path class="line sent" d="${pathOf(line(({ sent }) => sent))}"/>`,
  ])
}

/** Records waiting in the event log, one line a stage. */
export function backlogChart(
  points: readonly TimelinePoint[],
  stages: readonly string[],
  size: ChartSize,
): Markup {
  const frame = linearFrame(points, size, {
    values: points.flatMap(({ backlog }) => Object.values(backlog)),
    title: 'Backlog over time',
    description: 'Records waiting in the event log, by stage',
  })
  return drawFrame(
    frame,
    stages.map((stage, i) => {
      const line = points.map((point) => place(frame, point, point.backlog[stage] ?? null))
      return markup`<path class="line b-${i % 6}" d="${pathOf(line)}"/>`
    }),
  )
}

/** What the upper line of a latency chart shows: the p99, or the maximum where a second has too few samples for it. */
export type UpperFigure = 'p99Ms' | 'maxMs'

export function upperFigure(points: readonly TimelinePoint[], measure: MeasureName): UpperFigure {
  const seconds = points.flatMap((point) => point.measures[measure] ?? [])
  const known = seconds.filter(({ p99Ms }) => p99Ms !== null).length
  return known * 2 >= seconds.length ? 'p99Ms' : 'maxMs'
}

/** One measure's latency in each second: the band from p50 to p99 (or to the maximum). */
export function latencyChart(
  points: readonly TimelinePoint[],
  measure: MeasureName,
  size: ChartSize & { domain: Span },
): Markup {
  const plot = plotOf(size.width, size.height, 50)
  const upper = upperFigure(points, measure)
  const frame: Frame = {
    ...timeAxis(points, plot.x, size.width),
    plot,
    yScale: logScale(size.domain, plot.y),
    yTicks: decadeTicks(size.domain).map((at) => ({ at, label: axisMs(at) })),
    title: `${measure} latency over time`,
    description: `p50 and ${upper === 'p99Ms' ? 'p99' : 'maximum'} in each second, due to done`,
    group: 'time',
    className: size.className,
    warmupEnd: 0,
  }
  const low = points.map((point) => place(frame, point, point.measures[measure]?.p50Ms ?? null))
  const high = points.map((point) => place(frame, point, point.measures[measure]?.[upper] ?? null))
  return drawFrame(frame, [
    markup`<path class="band m-${measure}" d="${areaOf(high, low)}"/>`,
    markup`<path class="line thin m-${measure}" d="${pathOf(low)}"/>`,
    markup`<path class="line m-${measure}" d="${pathOf(high)}"/>`,
  ])
}

function linearFrame(
  points: readonly TimelinePoint[],
  size: ChartSize,
  chart: { values: readonly number[]; title: string; description: string },
): Frame {
  const plot = plotOf(size.width, size.height, 50)
  const most = chart.values.reduce((a, b) => Math.max(a, b), 1)
  const domain = { from: 0, to: most * 1.08 }
  return {
    ...timeAxis(points, plot.x, size.width),
    plot,
    yScale: linearScale(domain, plot.y),
    yTicks: roundTicks(domain, 3).map((at) => ({ at, label: shortCount(at) })),
    title: chart.title,
    description: chart.description,
    group: 'time',
    className: size.className,
    warmupEnd: 0,
  }
}

function timeAxis(points: readonly TimelinePoint[], range: Span, width: number) {
  const domain = timeDomain(points)
  const xTicks: Tick[] = roundTicks(domain, width < 420 ? 4 : 8)
    .filter((at) => Number.isInteger(at))
    .map((at) => ({ at, label: at === 0 ? '0 s' : String(at) }))
  return { xScale: linearScale(domain, range), xTicks }
}

/** First and last second of a timeline. */
export function timeDomain(points: readonly TimelinePoint[]): Span {
  const from = points[0]?.second ?? 0
  return { from, to: Math.max(points.at(-1)?.second ?? 0, from + 1) }
}

function place({ xScale, yScale }: Frame, point: TimelinePoint, value: number | null): Point | null {
  return value === null ? null : { x: xScale(point.second), y: yScale(value) }
}

/** `10k`, `2.5M`: short enough for an axis. */
function shortCount(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(value)
}
