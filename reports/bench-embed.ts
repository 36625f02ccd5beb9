import type { Percentiles } from '../src/measure/run-record.ts'
import { paintOf } from './ansi.ts'
import { HEAD, row, table } from './bench-recommend.ts'
import { formatBytes, formatCount, formatMs, formatRate, plural } from './format.ts'

/** What `rep bench embed` measured, as far as the summary shows it. */
export interface BenchEmbedSummary {
  readonly model: string
  readonly threads: number
  readonly rate: number
  readonly sent: number
  readonly completed: number
  readonly failed: number
  readonly firstError: string | null
  readonly dueToDone: Percentiles
  readonly p95Ms: number | null
  readonly sendToDone: Percentiles
  readonly scheduleLag: Percentiles
  readonly meanBatch: number | null
  readonly rssBytes: number
  readonly rssBytesPerThread: number
  readonly valid: boolean
  readonly invalidReasons: readonly string[]
}

/** The summary for the terminal. */
export function renderBenchEmbed(result: BenchEmbedSummary, options: { readonly color: boolean }): string {
  const paint = paintOf(options.color)
  const { model, threads, rate, sent, completed, failed, firstError, meanBatch, rssBytes } = result
  const verdict = result.valid ? paint.green('Valid') : paint.yellow('Invalid')
  return [
    `${verdict}  ${model} in ${plural(threads, 'thread')} at ${formatRate(rate)}`,
    ...result.invalidReasons.map((reason) => paint.yellow(reason)),
    '',
    paint.dim(table(HEAD)),
    table(row('due to done', result.dueToDone)),
    table(row('send to done', result.sendToDone)),
    table(row('schedule lag', result.scheduleLag)),
    '',
    `p95        ${formatMs(result.p95Ms)} from due to done`,
    `texts      ${formatCount(completed)} of ${formatCount(sent)} embedded` +
      (failed > 0 ? paint.red(`, ${formatCount(failed)} failed: ${firstError}`) : ''),
    `batches    ${meanBatch === null ? '–' : meanBatch.toFixed(1)} texts on average`,
    `memory     ${formatBytes(rssBytes)}, of which ${formatBytes(result.rssBytesPerThread)} for each thread`,
  ].join('\n')
}
