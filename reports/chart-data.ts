import { MEASURES } from '../src/measure/run-record.ts'
import { type CurvePoint, type PercentileCurve, percentileAt } from './percentile-curves.ts'
import { axisEnd, percentileLabel } from './svg-percentiles.ts'
import { timeDomain, upperFigure } from './svg-timeline.ts'
import type { Timeline } from './timeline-points.ts'

/** What the page's script shows at a place of a group's axis. */
export interface ReadoutGroup {
  /** Places on the axis, 0 (left) to 1 (right), ascending, with their names. */
  readonly x: readonly number[]
  readonly at: readonly string[]
  /** By name: a figure for every place; null where there is none. */
  readonly ms: Readonly<Record<string, readonly (number | null)[]>>
  readonly counts: Readonly<Record<string, readonly (number | null)[]>>
}

/** The read-outs' data, one entry a chart group. */
export function chartData(
  curves: readonly PercentileCurve[],
  timeline: Timeline,
): { percentiles: ReadoutGroup; time: ReadoutGroup } {
  return { percentiles: percentileGroup(curves), time: timeGroup(timeline) }
}

/** Steps a decade of the percentile axis at which the read-out stops; whole decades are among them. */
const STEPS = 12

function percentileGroup(curves: readonly PercentileCurve[]): ReadoutGroup {
  const end = axisEnd(curves)
  const places = [...Array.from({ length: Math.floor(end * STEPS) + 1 }, (_, i) => i / STEPS), end]
  // p50 is no whole step, and everybody looks for it.
  const xs = [...new Set([...places, Math.log10(2)])].sort((a, b) => a - b)
  const ms = curves.map(({ name, due }) => [name, xs.map((x) => valueOn(due, x))] as const)
  return { x: xs.map((x) => round(x / end)), at: xs.map(nameOf), ms: Object.fromEntries(ms), counts: {} }
}

function nameOf(x: number): string {
  return x === Math.log10(2) ? 'p50' : percentileAt(x) === 0 ? 'min' : percentileLabel(x)
}

/** The first point at or beyond a place; null beyond the curve's end, where no sample is. */
function valueOn(points: readonly CurvePoint[], x: number): number | null {
  const point = points.find((candidate) => candidate.x >= x - 1e-9)
  return point === undefined ? null : round(point.ms)
}

function timeGroup({ points, step }: Timeline): ReadoutGroup {
  const { from, to } = timeDomain(points)
  const ms: Record<string, (number | null)[]> = {}
  const counts: Record<string, (number | null)[]> = {
    offered: points.map(({ offered }) => offered),
    sent: points.map(({ sent }) => sent),
  }
  for (const name of MEASURES) {
    const upper = upperFigure(points, name)
    ms[`${name}-p50`] = points.map(({ measures }) => nullable(measures[name]?.p50Ms))
    ms[`${name}-high`] = points.map(({ measures }) => nullable(measures[name]?.[upper]))
  }
  for (const stage of new Set(points.flatMap(({ backlog }) => Object.keys(backlog))))
    counts[`backlog-${stage}`] = points.map(({ backlog }) => backlog[stage] ?? null)
  const at = points.map(({ second }) => (step > 1 ? `${second} to ${second + step - 1} s` : `At ${second} s`))
  return { x: points.map(({ second }) => round((second - from) / (to - from))), at, ms, counts }
}

function nullable(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : round(value)
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
