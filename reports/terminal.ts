import type { ObjectiveResult, RunRecord, StatisticsRecord } from '../src/measure/run-record.ts'
import { type Paint, paintOf, plainLine, visibleLength, wrapText } from './ansi.ts'
import {
  formatCores,
  formatCount,
  formatDuration,
  formatFigure,
  formatInUnit,
  formatMs,
  formatRate,
} from './format.ts'
import { measuresOf, type PercentileKey, VERDICT_WORD } from './measure-text.ts'
import { memoryText } from './memory-text.ts'
import { stepTable } from './step-rows.ts'
import { cpuLines } from './terminal-cpu.ts'
import { describeVerdict } from './verdict.ts'

export interface SummaryOptions {
  readonly color: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** The run's directory, to say where the report is. */
  readonly directory?: string
}

/** The final summary: verdict in words, objectives, latencies, ledger, and where the report is. */
export function renderSummary(record: RunRecord, options: SummaryOptions): string {
  const paint = paintOf(options.color)
  const width = Math.max(20, options.width)
  const blocks = [
    verdictLines(record, paint, width),
    objectiveLines(record, paint),
    latencyLines(record, paint, width),
    stepLines(record, paint),
    cpuLines(record, paint),
    factLines(record, paint, options),
  ]
  const lines = blocks.filter((block) => block.length > 0).flatMap((block) => ['', ...block])
  return `${lines.join('\n')}\n`
}

function verdictLines(record: RunRecord, paint: Paint, width: number): string[] {
  const { headline, reasons } = describeVerdict(record)
  const word = VERDICT_WORD[record.verdict] + (record.partial ? ', interrupted' : '')
  const tone = { pass: paint.green, fail: paint.red, invalid: paint.yellow, loss: paint.red }[record.verdict]
  const about = `${plainLine(record.scenario)}, ${plainLine(record.stack)} stack, seed ${record.seed}, ${formatDuration(record.load.measuredMs)}`
  return [
    `${tone.bold(word)}  ${paint.dim(about)}`,
    ...wrapText(plainLine(headline), width).map((line) => paint.bold(line)),
    ...reasons.flatMap((reason) => wrapText(plainLine(reason), width)),
  ]
}

function objectiveLines(record: RunRecord, paint: Paint): string[] {
  const texts = record.objectives.map(({ text }) => plainLine(text))
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 0)
  return record.objectives.map((objective, i) => {
    const mark = objective.met ? paint.green('met   ') : paint.red('missed')
    return `${mark}  ${texts[i]!.padEnd(longest)}  ${measured(objective)}`
  })
}

function measured({ value, unit, met }: ObjectiveResult): string {
  return unit === 'bool' ? (met ? 'yes' : 'no') : formatInUnit(value, unit)
}

/** Columns of the latency table; the higher `drop`, the sooner a narrow terminal goes without. */
const COLUMNS: readonly { key: PercentileKey | 'maxMs' | 'meanMs'; label: string; drop: number }[] = [
  { key: 'p50Ms', label: 'p50', drop: 0 },
  { key: 'p90Ms', label: 'p90', drop: 3 },
  { key: 'p99Ms', label: 'p99', drop: 0 },
  { key: 'p999Ms', label: 'p99.9', drop: 2 },
  { key: 'maxMs', label: 'max', drop: 1 },
  { key: 'meanMs', label: 'mean', drop: 4 },
]
const NAME_WIDTH = 12
const CELL_WIDTH = 10

function latencyLines(record: RunRecord, paint: Paint, width: number): string[] {
  const measures = measuresOf(record)
  if (measures.length === 0) return []
  const room = Math.floor((width - NAME_WIDTH) / CELL_WIDTH) - 1
  const allowed =
    [4, 3, 2, 1, 0].find((drop) => COLUMNS.filter((column) => column.drop <= drop).length <= room) ?? 0
  const columns = COLUMNS.filter((column) => column.drop <= allowed)
  const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')
  return [
    paint.dim('ms from due'.padEnd(NAME_WIDTH) + row(['count', ...columns.map(({ label }) => label)])),
    ...measures.map(
      ({ name, figures }) =>
        name.padEnd(NAME_WIDTH) +
        row([formatCount(figures.count), ...columns.map(({ key }) => formatFigure(figures[key]))]),
    ),
  ]
}

function countParts({ rows, counted, equal }: StatisticsRecord, paint: Paint): string[] {
  if (rows === null || counted === null) return [paint.red('PostgreSQL did not answer')]
  const parts = [`${formatCount(rows)} rows`, `${formatCount(counted)} counted`]
  return equal ? parts : [...parts.map(paint.red), paint.red('not what the log has')]
}

/** By size of the catalogue, latencies in ms from due. */
function stepLines(record: RunRecord, paint: Paint): string[] {
  const steps = stepTable(record)
  if (steps === null) return []
  const widths = steps.heads.map((head, i) =>
    Math.max(head.length, ...steps.rows.map((row) => row[i]!.length)),
  )
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i]!)).join('  ')
  return [paint.dim(line(steps.heads)), ...steps.rows.map(line)]
}

function factLines(record: RunRecord, paint: Paint, { width, directory }: SummaryOptions): string[] {
  const { ledger, load } = record
  const wrong = (count: number, text: string) =>
    count > 0 ? paint.red(`${formatCount(count)} ${text}`) : `0 ${text}`
  const whole = record.resources.filter(({ kind }) => kind === 'process')
  const cores = whole.reduce((sum, used) => sum + used.cores, 0)
  const memory = memoryText(record.resources)
  const fact = (name: string, parts: readonly string[]) => joinParts(paint.dim(name.padEnd(8)), parts, width)
  return [
    ...fact('ledger', [
      `${formatCount(ledger.acknowledged)} acknowledged`,
      wrong(ledger.lost, 'lost'),
      wrong(ledger.duplicated, 'duplicated'),
      wrong(ledger.reordered, 'reordered'),
      wrong(ledger.unseen, 'unseen'),
      `${formatCount(ledger.dlq)} dead-lettered`,
      ...(ledger.indeterminate > 0 ? [`${formatCount(ledger.indeterminate)} indeterminate`] : []),
    ]),
    ...(record.statistics === undefined ? [] : fact('counts', countParts(record.statistics, paint))),
    ...fact('load', [
      `${formatRate(load.achievedTps)} of ${formatRate(load.targetTps)}`,
      `schedule lag p99 ${formatMs(load.scheduleLagMs.p99)}`,
      `max ${formatMs(load.scheduleLagMs.max)}`,
    ]),
    ...(whole.length === 0 ? [] : fact('used', [formatCores(cores), ...(memory === '' ? [] : [memory])])),
    ...record.notes.flatMap((note) =>
      joinParts(paint.dim('note    '), wrapText(plainLine(note), width - 8), 0),
    ),
    ...(directory === undefined ? [] : fact('report', [`${plainLine(directory)}/report.html`])),
  ]
}

/** Parts after a name, as many a line as fit; the lines after the first are indented. */
function joinParts(name: string, parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}, ${part}`
    if (line !== '' && visibleLength(longer) > width - 8) {
      lines.push(`${line}${width === 0 ? '' : ','}`)
      line = part
    } else line = longer
  }
  return [...lines, line].map((text, i) => `${i === 0 ? name : ' '.repeat(8)}${text}`)
}
