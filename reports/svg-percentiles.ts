import { MEASURES, type ObjectiveResult, type RunRecord } from '../src/measure/run-record.ts'
import { formatMs } from './format.ts'
import { type Markup, markup } from './markup.ts'
import type { CurvePoint, PercentileCurve } from './percentile-curves.ts'
import { drawFrame, type Frame, plotOf, type Tick } from './svg-frame.ts'
import { decadeTicks, linearScale, logDomain, logScale, pathOf, pixel } from './svg-scale.ts'

/** Latency by percentile, both axes logarithmic: a straight line is an exponential tail. */
export function percentileChart(
  record: RunRecord,
  curves: readonly PercentileCurve[],
  size: { width: number; height: number; className: string },
): Markup {
  const end = axisEnd(curves)
  const gates = limitsOf(record.objectives)
  const values = curves.flatMap(({ due, send }) => [...due, ...send].map(({ ms }) => ms))
  const domain = logDomain([...values, ...gates.map(({ ms }) => ms)])
  const plot = plotOf(size.width, size.height, 50)
  const frame: Frame = {
    plot,
    xScale: linearScale({ from: 0, to: end }, plot.x),
    yScale: logScale(domain, plot.y),
    xTicks: percentileTicks(end).slice(size.width < 420 ? 1 : 0),
    yTicks: decadeTicks(domain).map((at) => ({ at, label: axisMs(at) })),
    title: 'Latency by percentile',
    description: 'One line per measure; the figures are in the table of stages below',
    group: 'percentiles',
    className: size.className,
    warmupEnd: null,
  }
  const line = (points: readonly CurvePoint[]) =>
    pathOf(points.map(({ x, ms }) => ({ x: frame.xScale(x), y: frame.yScale(ms) })))
  return drawFrame(frame, [
    ...curves.map(({ name, send }) => markup`<path class="line faint m-${name}" d="${line(send)}"/>`),
    ...curves.map(({ name, due }) => markup`<path class="line m-${name}" d="${line(due)}"/>`),
    ...gates.map((gate) => drawGate(frame, gate, gates)),
  ])
}

/** Where the axis ends: the next whole decade after the longest curve. */
export function axisEnd(curves: readonly PercentileCurve[]): number {
  return Math.max(1, ...curves.map(({ due }) => due.at(-1)?.x ?? 0))
}

interface Gate {
  readonly measure: string
  readonly x: number
  readonly ms: number
  readonly text: string
}

/** The latency objectives as places in the chart: a curve must pass below its gate. */
function limitsOf(objectives: readonly ObjectiveResult[]): Gate[] {
  return objectives.flatMap(({ text, limit, unit }) => {
    const match = /^(\w+) p(\d+(?:\.\d+)?) *</.exec(text)
    const known = MEASURES.find((name) => name === match?.[1])
    if (match === null || known === undefined || unit !== 'ms' || limit <= 0) return []
    const share = Number(match[2]) / 100
    return share < 1 ? [{ measure: known, x: Math.log10(1 / (1 - share)), ms: limit, text }] : []
  })
}

function drawGate({ plot, xScale, yScale }: Frame, gate: Gate, all: readonly Gate[]): Markup {
  // Equal limits of several measures share the place: side by side, centred on it.
  const here = all.filter(({ x, ms }) => x === gate.x && ms === gate.ms)
  const shift = (here.indexOf(gate) - (here.length - 1) / 2) * 24
  const x = Math.min(plot.x.to - 13, Math.max(plot.x.from + 13, xScale(gate.x) + shift))
  const y = yScale(gate.ms)
  return markup`<g class="gate m-${gate.measure}"><title>limit: ${gate.text}</title><path d="M${pixel(x - 11)} ${pixel(y)}h22"/><path d="M${pixel(x - 4)} ${pixel(y + 4)}l4 5l4 -5"/></g>`
}

function percentileTicks(end: number): Tick[] {
  const ticks = [
    { at: 0, label: 'min' },
    { at: Math.log10(2), label: 'p50' },
  ]
  for (let x = 1; x <= end; x++) ticks.push({ at: x, label: percentileLabel(x) })
  return ticks
}

/** Name of a place on the axis: `p99`, `p99.9`, `p99.87`. */
export function percentileLabel(x: number): string {
  if (x === 0) return 'min'
  const digits = Math.max(0, Math.ceil(x - 1e-9) - 2 + (Number.isInteger(x) ? 0 : 1))
  return `p${Number(((1 - 10 ** -x) * 100).toFixed(Math.min(digits, 8)))}`
}

/** Axis label without needless zeros: `0.1 ms`, `30 ms`, `1 s`. */
export function axisMs(ms: number): string {
  return ms >= 1000
    ? `${Number((ms / 1000).toPrecision(3))} s`
    : ms >= 0.01
      ? `${Number(ms.toPrecision(3))} ms`
      : formatMs(ms)
}
