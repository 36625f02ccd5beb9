import type { RunRecord } from '../src/measure/run-record.ts'
import { cpuRows } from './cpu-rows.ts'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFigure,
  formatInUnit,
  formatLimit,
  formatRate,
  formatShare,
} from './format.ts'
import { withoutControls } from './markup.ts'
import { measuresOf, VERDICT_WORD } from './measure-text.ts'
import { stepTable } from './step-rows.ts'
import { describeVerdict } from './verdict.ts'

/** A short summary for a pull request comment, in GitHub's Markdown. */
export function renderMarkdown(record: RunRecord): string {
  const { headline, reasons } = describeVerdict(record)
  const { host } = record.manifest
  const blocks = [
    `### rep ${escapeMarkdown(record.scenario)}: ${VERDICT_WORD[record.verdict].toLowerCase()}`,
    `**${escapeMarkdown(headline)}**`,
    reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n'),
    objectiveTable(record),
    stageTable(record),
    stepsTable(record),
    cpuTable(record),
    `${formatCount(record.load.sent)} events in ${formatDuration(record.load.measuredMs)} at ${formatRate(record.load.achievedTps)}; ` +
      `run \`${codeText(record.id)}\`, seed ${record.seed}, ${escapeMarkdown(record.stack)} stack, ` +
      `${formatCount(host.cores)} cores of ${escapeMarkdown(host.cpuModel)}.`,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function objectiveTable({ objectives }: RunRecord): string {
  if (objectives.length === 0) return ''
  const rows = objectives.map(({ text, value, limit, unit, met }) => [
    escapeMarkdown(text),
    formatInUnit(value, unit),
    unit === 'bool' ? '' : formatLimit(limit, unit),
    met ? 'met' : '**missed**',
  ])
  return table(['Objective', 'Measured', 'Limit', ''], '-: -: -', rows)
}

function stageTable(record: RunRecord): string {
  const rows = measuresOf(record).map(({ name, figures }) => [
    name,
    formatCount(figures.count),
    formatFigure(figures.p50Ms),
    formatFigure(figures.p99Ms),
    formatFigure(figures.p999Ms),
    formatFigure(figures.maxMs),
  ])
  if (rows.length === 0) return ''
  return table(['Due to done, ms', 'count', 'p50', 'p99', 'p99.9', 'max'], '-: -: -: -: -:', rows)
}

function stepsTable(record: RunRecord): string {
  const steps = stepTable(record)
  if (steps === null) return ''
  return table(
    steps.heads,
    steps.heads
      .slice(1)
      .map(() => '-:')
      .join(' '),
    steps.rows,
  )
}

/** By process; threads are in the HTML report. */
function cpuTable(record: RunRecord): string {
  const rows = cpuRows(record)
    .filter(({ kind }) => kind !== 'thread')
    .map(({ name, kind, cpuSeconds, perTenThousand, share, peakRssBytes }) => [
      kind === 'sum' ? `**${escapeMarkdown(name)}**` : escapeMarkdown(name),
      formatFigure(cpuSeconds),
      formatFigure(perTenThousand),
      formatShare(share),
      formatBytes(peakRssBytes),
    ])
  if (rows.length === 0) return ''
  return table(['Process', 'CPU s', 'per 10,000 events', 'share', 'peak memory'], '-: -: -: -:', rows)
}

function table(head: readonly string[], aligns: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(['-', ...aligns.split(' ')]), ...rows.map(line)].join('\n')
}

/** Text that Markdown shows as it is: no markup, no HTML, no table cell, no mention of a user or an issue. */
export function escapeMarkdown(text: string): string {
  return withoutControls(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]|~]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/([@#])(?=\w)/g, '$1\u200b')
}

function codeText(text: string): string {
  return withoutControls(text).replace(/[`\s|<>&]+/g, ' ')
}
