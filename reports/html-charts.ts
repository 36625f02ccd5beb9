import type { MeasureName, RunRecord } from '../src/measure/run-record.ts'
import { chartData } from './chart-data.ts'
import { DASH, formatCount, formatMs, formatRate } from './format.ts'
import { type Markup, markup, scriptJson } from './markup.ts'
import { MEASURE_TEXT, measuresOf } from './measure-text.ts'
import { percentileCurves } from './percentile-curves.ts'
import { percentileChart } from './svg-percentiles.ts'
import { logDomain } from './svg-scale.ts'
import { backlogChart, type ChartSize, latencyChart, rateChart, upperFigure } from './svg-timeline.ts'
import { condenseTimeline, type Timeline } from './timeline-points.ts'

/** Both chart sections and the data that their read-outs show. */
export function chartSections(record: RunRecord): Markup {
  const curves = percentileCurves(record)
  const timeline = condenseTimeline(record.timeline)
  return markup`${percentileSection(record, curves)}
${timelineSection(record, timeline)}
<script type="application/json" id="chart-data">${scriptJson(chartData(curves, timeline))}</script>`
}

function percentileSection(record: RunRecord, curves: ReturnType<typeof percentileCurves>): Markup {
  if (curves.length === 0)
    return markup`<section><h2>Latency by percentile</h2><p class="quiet">Nothing was timed in this run.</p></section>`
  return markup`<section><div class="head"><h2>Latency by percentile</h2><p class="at" data-at="percentiles">p99</p></div>
<p class="lead">From the due time to done. Each mark on the axis is ten times rarer than the one before it. Dashed: counted from the send time instead; a gap between the two is time that an event waited for its turn.</p>
<figure>
<figcaption><ul class="legend keyed">${curves.map(
    ({ name }) =>
      markup`<li><button type="button" data-toggle="${name}" aria-pressed="true"><i class="swatch m-${name}"></i>${name}</button><span data-value="percentiles:${name}">${formatMs(record.stages[name]?.p99Ms ?? null)}</span></li>`,
  )}${record.objectives.some(({ unit }) => unit === 'ms') ? markup`<li class="key-gate"><svg viewBox="0 0 24 12" aria-hidden="true"><path d="M0 2h24"/><path d="M8 5l4 5l4 -5"/></svg>a limit: the curve must pass below</li>` : null}</ul></figcaption>
${percentileChart(record, curves, { width: 920, height: 400, className: 'wide' })}
${percentileChart(record, curves, { width: 335, height: 300, className: 'narrow' })}
</figure></section>`
}

function timelineSection(record: RunRecord, timeline: Timeline): Markup {
  const { points, step } = timeline
  if (points.length < 2)
    return markup`<section><h2>Over time</h2><p class="quiet">The run was too short for a course over time.</p></section>`
  const stages = [...new Set(points.flatMap(({ backlog }) => Object.keys(backlog)))]
  const waits = points.some(({ backlog }) => Object.values(backlog).some((waiting) => waiting > 0))
  return markup`<section><div class="head"><h2>Over time</h2><p class="at" data-at="time">Whole run</p></div>
<p class="lead">Seconds of due time; 0 is the start of the measured part.${step > 1 ? ` Each point is the worst second of ${step}.` : ''}</p>
<figure><figcaption><b>Events per second</b><ul class="legend"><li><i class="swatch offered"></i>due <span data-value="time:offered">${meanRate(record, 'offered')}</span></li><li><i class="swatch sent"></i>sent <span data-value="time:sent">${meanRate(record, 'sent')}</span></li></ul></figcaption>
${twice(1, (size) => rateChart(points, size))}</figure>
<div class="panels">${latencyPanels(record, timeline)}</div>
${waits ? backlogFigure(timeline, stages) : null}</section>`
}

function latencyPanels(record: RunRecord, { points }: Timeline): Markup[] {
  const names = measuresOf(record).map(({ name }) => name)
  const domain = logDomain(names.flatMap((name) => bounds(points, name)))
  return names
    .filter((name) => points.some((point) => point.measures[name] !== undefined))
    .map((name) => {
      const figures = record.stages[name]
      const upper = upperFigure(points, name) === 'p99Ms' ? 'p99' : 'max'
      const whole = upper === 'p99' ? figures?.p99Ms : figures?.maxMs
      return markup`<figure><figcaption><b><i class="swatch m-${name}"></i>${name}</b><span class="what">${MEASURE_TEXT[name]}</span><span class="pair">p50 <span data-value="time:${name}-p50">${formatMs(figures?.p50Ms ?? null)}</span> · ${upper} <span data-value="time:${name}-high">${formatMs(whole ?? null)}</span></span></figcaption>
${latencyChart(points, name, { width: 380, height: 160, className: 'any', domain })}</figure>`
    })
}

function bounds(points: Timeline['points'], name: MeasureName): number[] {
  const upper = upperFigure(points, name)
  return points.flatMap((point) => {
    const figures = point.measures[name]
    return figures === undefined ? [] : [figures.p50Ms ?? figures.maxMs, figures[upper] ?? figures.maxMs]
  })
}

function backlogFigure({ points }: Timeline, stages: readonly string[]): Markup {
  const most = (stage: string) => points.reduce((peak, { backlog }) => Math.max(peak, backlog[stage] ?? 0), 0)
  return markup`<figure><figcaption><b>Records waiting in the event log</b><ul class="legend long">${stages.map(
    (stage, i) =>
      markup`<li><i class="swatch b-${i % 6}"></i>${stage} <span data-value="time:backlog-${stage}">at most ${formatCount(most(stage))}</span></li>`,
  )}</ul></figcaption>
${twice(0.8, (size) => backlogChart(points, stages, size))}</figure>`
}

function meanRate({ load }: RunRecord, which: 'offered' | 'sent'): string {
  return load.measuredMs === 0 ? DASH : formatRate((load[which] / load.measuredMs) * 1000)
}

/** A drawing for wide screens and one for phones, so that its text keeps its size. */
function twice(scale: number, draw: (size: ChartSize) => Markup): Markup[] {
  return [
    draw({ width: 920, height: Math.round(200 * scale), className: 'wide' }),
    draw({ width: 335, height: Math.round(190 * scale), className: 'narrow' }),
  ]
}
