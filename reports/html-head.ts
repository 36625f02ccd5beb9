import type { ObjectiveResult, RunRecord } from '../src/measure/run-record.ts'
import {
  DASH,
  formatCores,
  formatCount,
  formatDate,
  formatDuration,
  formatFigure,
  formatInUnit,
  formatLimit,
  formatMs,
  formatRate,
} from './format.ts'
import { type Markup, markup } from './markup.ts'
import { VERDICT_WORD } from './measure-text.ts'
import { memoryText } from './memory-text.ts'
import { describeVerdict } from './verdict.ts'

/** What happened, in words, before any figure. */
export function verdictBanner(record: RunRecord): Markup {
  const { headline, reasons } = describeVerdict(record)
  const { load } = record
  return markup`<header class="banner v-${record.verdict}"><div class="wrap">
<p class="run"><span>rep</span><span>${record.scenario}</span><span>${record.stack} stack</span><span>${formatDate(record.startedAt)}</span></p>
<p class="verdict"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="10"/>${GLYPHS[record.verdict]}</svg>${VERDICT_WORD[record.verdict]}${record.partial ? ', interrupted' : ''}</p>
<h1>${headline}</h1>
${reasons.length === 0 ? null : markup`<ul class="reasons">${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}
<p class="meta"><span>Run <code>${record.id}</code></span><span>seed ${record.seed}</span><span>${formatDuration(load.measuredMs)} measured</span></p>
</div></header>`
}

const GLYPHS: Readonly<Record<RunRecord['verdict'], Markup>> = {
  pass: markup`<path d="M5.5 10.5l3 3 6-7"/>`,
  fail: markup`<path d="M6.5 6.5l7 7m0-7l-7 7"/>`,
  invalid: markup`<path d="M10 5v6m0 3.5v.1"/>`,
  loss: markup`<path d="M6.5 6.5l7 7m0-7l-7 7"/>`,
}

/** Every objective with its figure, its limit and how much of the limit is used. */
export function objectiveSection(record: RunRecord): Markup {
  if (record.objectives.length === 0)
    return markup`<section><h2>Objectives</h2><p class="quiet">The scenario sets none, so nothing was judged but the validity of the run and its ledger.</p></section>`
  return markup`<section><h2>Objectives</h2>
<table class="objectives"><thead><tr><th scope="col">Objective</th><th scope="col" class="bar-cell">Against the limit</th><th scope="col" class="num">Measured</th><th scope="col" class="num">Limit</th><th scope="col">Result</th></tr></thead>
<tbody>${record.objectives.map(objectiveRow)}</tbody></table>
${record.valid ? null : markup`<p class="quiet">The run is invalid: these results are shown for completeness and prove nothing.</p>`}
</section>`
}

function objectiveRow(objective: ObjectiveResult): Markup {
  const { value, unit, limit, met, text, reason } = objective
  const isBool = unit === 'bool'
  return markup`<tr class="${met ? 'met' : 'missed'}"><th scope="row">${text}${reason === undefined ? null : markup`<small>${reason}</small>`}</th>
<td class="bar-cell">${isBool ? null : limitBar(objective)}</td>
<td class="num" data-label="measured">${value === null ? markup`<span title="${reason ?? 'Too few samples to say.'}">${DASH}</span>` : formatInUnit(value, unit)}</td>
${isBool ? markup`<td></td>` : markup`<td class="num" data-label="limit">${formatLimit(limit, unit)}</td>`}
<td class="result">${met ? 'met' : 'missed'}</td></tr>`
}

/** A bar from 0 to the figure with a mark at the limit. */
function limitBar({ text, value, limit }: ObjectiveResult): Markup {
  const isFloor = text.includes('>')
  const full = Math.max(isFloor ? limit : limit * 1.25, value ?? 0) || 1
  const percent = (part: number) => `${Math.round(Math.min(1, Math.max(0, part / full)) * 1000) / 10}%`
  const share = value === null || limit === 0 ? '' : `${formatFigure((value / limit) * 100)} % of the limit`
  return markup`<span class="bar" title="${share}"><i style="width:${percent(value ?? 0)}"></i><b style="left:${percent(limit)}"></b></span>`
}

/** The handful of figures that one looks for first. */
export function keyFigures(record: RunRecord): Markup {
  const { load, stages } = record
  const lag = load.scheduleLagMs
  const whole = record.resources.filter(({ kind }) => kind === 'process')
  const cores = whole.reduce((sum, process) => sum + process.cores, 0)
  const memory = memoryText(record.resources)
  return markup`<section><h2>Key figures</h2><dl class="keys">
${key('Sent', formatRate(load.achievedTps), `of ${formatRate(load.targetTps)} asked for`)}
${key('Freshness p99', formatMs(stages.freshness?.p99Ms ?? null), `p50 ${formatMs(stages.freshness?.p50Ms ?? null)}`)}
${key('Recommendation p99', formatMs(stages.recommend?.p99Ms ?? null), `p50 ${formatMs(stages.recommend?.p50Ms ?? null)}`)}
${key('Events measured', formatCount(load.sent), `and ${formatCount(load.warmup)} to warm up`)}
${key('Schedule lag p99', formatMs(lag.p99), `at most ${formatMs(lag.max)}`)}
${key('CPU', whole.length === 0 ? DASH : formatCores(cores), memory === '' ? 'memory not sampled' : memory)}
</dl></section>`
}

function key(name: string, figure: string, beside: string): Markup {
  return markup`<div><dt>${name}</dt><dd>${figure}<small>${beside}</small></dd></div>`
}
