import type { LedgerRecord, RunRecord } from '../src/measure/run-record.ts'
import { formatBytes, formatCount } from './format.ts'
import { type Markup, type MarkupPart, markup } from './markup.ts'
import { stepTable } from './step-rows.ts'
import { ledgerSentence, statisticsSentence } from './verdict.ts'

/** The account of every event, with the first few of each fault. */
export function ledgerSection(record: RunRecord): Markup {
  const { ledger } = record
  const bad = new Set<string>(['lost', 'duplicated', 'reordered', 'unseen', 'phantom'])
  return markup`<section><h2>Ledger</h2><p class="lead">${ledgerSentence(record)}</p>
<dl class="ledger">${LEDGER_ROWS.map(([field, text]) => {
    const count = ledger[field] ?? 0
    return markup`<div class="${bad.has(field) && count > 0 ? 'bad' : count === 0 ? 'zero' : ''}"><dt>${field === 'dlq' ? 'dead-lettered' : field}<small>${text}</small></dt><dd>${formatCount(count)}</dd></div>`
  })}</dl>
${ledger.examples.length === 0 ? null : examples(ledger)}</section>`
}

const LEDGER_ROWS: readonly [Exclude<keyof LedgerRecord, 'clean' | 'examples'>, string][] = [
  ['acknowledged', 'the event log said that it has them'],
  ['processed', 'their effects were seen at every stage'],
  ['lost', 'acknowledged, and nowhere in the log'],
  ['duplicated', 'in the log more than once'],
  ['reordered', 'after a later event of the same key'],
  ['unseen', 'in the log, not processed when the drain ended'],
  ['dlq', 'put aside with a reason'],
  ['indeterminate', 'no answer: may or may not be in the log'],
  ['failed', 'refused: must not be in the log'],
  ['phantom', 'refused, and yet in the log'],
]

function examples(ledger: LedgerRecord): Markup {
  const rows = ledger.examples.map(({ verdict, traceId, detail }) => [
    verdict,
    markup`<code>${traceId}</code>`,
    detail,
  ])
  return markup`<h3>First of each</h3>${table(['Verdict', 'Trace id', 'Where'], rows)}`
}

/** In = out + duplicates + dead-lettered + rejected + in flight, at every stage. */
export function conservationSection(record: RunRecord): Markup {
  if (record.conservation.length === 0) return markup``
  const rows = record.conservation.map((stage) => [
    stage.stage,
    ...[stage.in, stage.out, stage.duplicates, stage.deadLettered, stage.rejected, stage.inFlight].map(
      quietZero,
    ),
    stage.balanced ? 'yes' : markup`<strong class="bad">no</strong>`,
  ])
  return markup`<section><h2>Conservation</h2><p class="lead">What a stage took in is what it put out, dropped as a duplicate, dead-lettered, left to another stage, or still held.</p>
${table(['Stage', '#in', '#out', '#duplicates', '#dead-lettered', '#rejected', '#in flight', 'balanced'], rows)}
${record.statistics === undefined ? null : markup`<p class="${record.statistics.equal ? '' : 'bad'}">${statisticsSentence(record)}</p>`}</section>`
}

/** The same load at several sizes of the catalogue. */
export function stepSection(record: RunRecord): Markup {
  const steps = stepTable(record)
  if (steps === null) return markup``
  const heads = steps.heads.map((head) => (head === 'verdict' ? head : `#${head}`))
  return markup`<section><h2>By size of the catalogue</h2><p class="lead">The same load after each step; latencies in ms from due.</p>
${table(heads, steps.rows)}</section>`
}

function quietZero(count: number): MarkupPart {
  return count === 0 ? markup`<span class="none">0</span>` : formatCount(count)
}

export function notesSection(record: RunRecord): Markup {
  if (record.notes.length === 0) return markup``
  return markup`<section><h2>Notes</h2><ul class="notes">${record.notes.map((note) => markup`<li>${note}</li>`)}</ul></section>`
}

/** Everything that is needed to run it again. */
export function manifestSection(record: RunRecord): Markup {
  const { manifest } = record
  const { host, input } = manifest
  const facts: [string, MarkupPart][] = [
    ['Command', markup`<code>${manifest.command}</code>`],
    ['Run', markup`<code>${record.id}</code>`],
    ['Seed', String(record.seed)],
    ['Stack', record.stack],
    ['Started', record.startedAt],
    ['Finished', record.finishedAt],
    ['rep', manifest.rep],
    [
      'Host',
      `${host.cpuModel}, ${formatCount(host.cores)} cores, ${formatBytes(host.memoryBytes)}, ${host.os}`,
    ],
    ['Load before', `${host.loadBefore} (one minute)`],
    ...(input === undefined
      ? []
      : [
          [
            'Input',
            `${input.file}: ${formatCount(input.rows)} rows, ${formatCount(input.rejected)} rejected`,
          ] as [string, MarkupPart],
        ]),
    [
      'Versions',
      Object.entries(manifest.versions).map(
        ([name, version]) => markup`<span class="version">${name} ${version}</span> `,
      ),
    ],
  ]
  return markup`<section><h2>Manifest</h2><dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<details><summary>The full effective scenario</summary><pre>${JSON.stringify(manifest.scenario, null, 2) ?? ''}</pre></details></section>`
}

/** A table; a heading that starts with `#` is a column of numbers. */
function table(headings: readonly string[], rows: readonly (readonly MarkupPart[])[]): Markup {
  const numeric = headings.map((heading) => heading.startsWith('#'))
  const cls = (i: number) => (numeric[i] === true ? 'num' : '')
  return markup`<div class="scroll"><table><thead><tr>${headings.map((heading, i) => markup`<th scope="col" class="${cls(i)}">${heading.replace(/^#/, '')}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map((cell, i) => (i === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td class="${cls(i)}">${cell}</td>`))}</tr>`)}</tbody></table></div>`
}
