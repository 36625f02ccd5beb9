import type { Percentiles, RunRecord } from '../src/measure/run-record.ts'
import { formatCount } from './format.ts'
import { alignedFigure } from './html-number.ts'
import { type Markup, markup } from './markup.ts'
import { MEASURE_TEXT, measuresOf, type PercentileKey, whyMissing } from './measure-text.ts'

const COLUMNS: readonly { key: PercentileKey; label: string }[] = [
  { key: 'p50Ms', label: 'p50' },
  { key: 'p90Ms', label: 'p90' },
  { key: 'p99Ms', label: 'p99' },
  { key: 'p999Ms', label: 'p99.9' },
  { key: 'p9999Ms', label: 'p99.99' },
]

/** The figures of every measure, due to done, with send to done beneath. */
export function stageSection(record: RunRecord): Markup {
  const measures = measuresOf(record)
  if (measures.length === 0) return markup``
  return markup`<section><h2>Stages</h2>
<p class="lead">Milliseconds from the due time, and beneath, in grey, from the send time. A dash stands where there are too few samples for a percentile.</p>
<div class="scroll"><table class="figures"><thead><tr><th scope="col">Stage</th><th scope="col" class="num">Count</th>${COLUMNS.map(({ label }) => markup`<th scope="col" class="num">${label}</th>`)}<th scope="col" class="num">max</th><th scope="col" class="num">mean</th></tr></thead>
${measures.map(
  ({
    name,
    figures,
  }) => markup`<tbody><tr><th scope="row"><i class="swatch m-${name}"></i>${name}</th>${figureCells(figures)}</tr>
<tr class="send"><td><span class="about">${MEASURE_TEXT[name]}${failedText(figures.failed)}${figures.resolutionMs === undefined ? null : `; resolved to ${figures.resolutionMs} ms`}</span></td>${figureCells(figures.sendToDone)}</tr></tbody>`,
)}</table></div></section>`
}

function failedText(failed: number): string {
  return failed === 0 ? '' : `; ${formatCount(failed)} failed`
}

function figureCells(figures: Percentiles): Markup {
  return markup`<td class="num">${formatCount(figures.count)}</td>${COLUMNS.map(({ key }) => percentileCell(figures, key))}<td class="num">${alignedFigure(figures.maxMs)}</td><td class="num">${alignedFigure(figures.meanMs)}</td>`
}

function percentileCell(figures: Percentiles, key: PercentileKey): Markup {
  const value = figures[key]
  if (value !== null) return markup`<td class="num">${alignedFigure(value)}</td>`
  return markup`<td class="num none"><abbr title="${whyMissing(figures, key)}">${alignedFigure(null)}</abbr></td>`
}
