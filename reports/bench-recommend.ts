import type { Percentiles } from '../src/measure/run-record.ts'
import { paintOf } from './ansi.ts'
import { formatCount, formatFigure, formatRate } from './format.ts'

/** What `rep bench recommend` measured, as far as the summary shows it. */
export interface BenchSummary {
  readonly url: string
  readonly rate: number
  readonly sent: number
  readonly completed: number
  readonly failed: Readonly<Record<string, number>>
  readonly failedTotal: number
  readonly dueToDone: Percentiles
  readonly sendToDone: Percentiles
  readonly scheduleLag: Percentiles
  readonly cpuSecondsPer10k: number | null
  readonly recallAt10: number | null
  readonly valid: boolean
  readonly invalidReasons: readonly string[]
}

const COLUMN = 11
/** Heads of `row`. */
export const HEAD = ['ms', 'count', 'p50', 'p90', 'p99', 'p99.9', 'max', 'mean']

/** The summary for the terminal. */
export function renderBenchRecommend(result: BenchSummary, options: { readonly color: boolean }): string {
  const paint = paintOf(options.color)
  const rows = [
    row('due to done', result.dueToDone),
    row('send to done', result.sendToDone),
    row('schedule lag', result.scheduleLag),
  ]
  const failures = Object.entries(result.failed).map(([kind, count]) => `${formatCount(count)} ${kind}`)
  const cpu = result.cpuSecondsPer10k === null ? '–' : `${result.cpuSecondsPer10k.toFixed(2)} s`
  const lines = [
    `${result.valid ? paint.green('Valid') : paint.yellow('Invalid')}  ${result.url} at ${formatRate(result.rate)}`,
    ...result.invalidReasons.map((reason) => paint.yellow(reason)),
    '',
    paint.dim(table(HEAD)),
    ...rows.map(table),
    '',
    `requests   ${formatCount(result.completed)} of ${formatCount(result.sent)} answered` +
      (result.failedTotal > 0 ? paint.red(`, failed: ${failures.join(', ')}`) : ''),
    `client     ${cpu} of CPU per 10,000 requests`,
  ]
  if (result.recallAt10 !== null) {
    lines.push(`recall@10  ${result.recallAt10.toFixed(3)} against exact search over the same products`)
  }
  return lines.join('\n')
}

/** A distribution as cells: count, percentiles, largest, mean. */
export function row(name: string, figures: Percentiles): string[] {
  const { count, p50Ms, p90Ms, p99Ms, p999Ms, maxMs, meanMs } = figures
  return [name, formatCount(count), ...[p50Ms, p90Ms, p99Ms, p999Ms, maxMs, meanMs].map(formatFigure)]
}

/** A row of the table of distributions. */
export function table([name, ...cells]: string[]): string {
  return `${name!.padEnd(14)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`
}
