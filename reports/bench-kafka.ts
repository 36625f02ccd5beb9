import type { HostFacts, Percentiles } from '../src/measure/run-record.ts'
import { paintOf } from './ansi.ts'
import { formatBytes, formatCount, formatFigure } from './format.ts'

interface Cost {
  readonly recordsPerSecond: number
  readonly cpuSecondsPerMillion: number
}

/** What `rep bench kafka` measured, as far as the table shows it. */
export interface BenchKafkaSummary {
  readonly host: HostFacts
  readonly partitions: number
  readonly inFlight: number
  readonly recordsPerCase: number
  readonly cases: readonly {
    readonly client: string
    readonly valueBytes: number
    readonly batchRecords: number
    readonly append: Cost & { readonly latency: Percentiles }
    readonly consume: Cost
  }[]
  readonly skipped: readonly { readonly client: string; readonly reason: string }[]
}

const HEAD = [
  'client',
  'value B',
  'batch',
  'append/s',
  'CPU s/M',
  'p50 ms',
  'p99 ms',
  'consume/s',
  'CPU s/M',
  'both s/M',
]
const CLIENT_COLUMNS = 14
const COLUMN = 11

/** The clients side by side: a row a case. */
export function renderBenchKafka(result: BenchKafkaSummary, options: { readonly color: boolean }): string {
  const paint = paintOf(options.color)
  const { host, partitions, inFlight, recordsPerCase } = result
  const lines = [
    paint.dim(line(HEAD)),
    ...result.cases.map(({ client, valueBytes, batchRecords, append, consume }) =>
      line([
        client,
        formatCount(valueBytes),
        formatCount(batchRecords),
        formatCount(append.recordsPerSecond),
        formatFigure(append.cpuSecondsPerMillion),
        formatFigure(append.latency.p50Ms),
        formatFigure(append.latency.p99Ms),
        formatCount(consume.recordsPerSecond),
        formatFigure(consume.cpuSecondsPerMillion),
        formatFigure(append.cpuSecondsPerMillion + consume.cpuSecondsPerMillion),
      ]),
    ),
    '',
    `${formatCount(recordsPerCase)} records a case, keyed, ${partitions} partitions, acks=all, ${inFlight} appends under way at a time; one consumer.`,
    'CPU s/M: CPU seconds of this process, all its threads, for a million records. p50, p99: from append to acknowledgement.',
    paint.dim(
      `${host.cpuModel}, ${host.cores} cores, ${formatBytes(host.memoryBytes)}, Node ${host.node}, load before ${host.loadBefore.toFixed(1)}`,
    ),
  ]
  for (const { client, reason } of result.skipped) lines.push(paint.yellow(`${client} left out: ${reason}`))
  return lines.join('\n')
}

function line([first, ...cells]: string[]): string {
  return `${first!.padEnd(CLIENT_COLUMNS)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`
}
