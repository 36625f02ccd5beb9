import type { LiveFigures, LiveSnapshot } from '../src/measure/live-status.ts'
import { MEASURES, type MeasureName } from '../src/measure/run-record.ts'
import { cutLine, type Paint, plainLine } from './ansi.ts'
import { formatBytes, formatCores, formatCount, formatMs, formatRate } from './format.ts'
import { progressBar, sparkline } from './sparkline.ts'

export type { LiveFigures, LiveSnapshot }

/** The live view's lines, none wider than `width`. */
export function liveFrame(now: LiveSnapshot, paint: Paint, width: number): string[] {
  const label = (text: string) => paint.dim(text.padEnd(LABEL))
  const lag = `lag p99 ${formatMs(now.scheduleLagP99Ms)}`
  const failed = now.failed > 0 ? paint.red(`  ${formatCount(now.failed)} failed`) : ''
  const lines = [
    headLine(now, paint, width),
    `${label('sent')}${paint.bold(formatRate(now.sentTps).padStart(FIGURE))}  ${paint.dim(`of ${formatRate(now.offeredTps)} due, target ${formatRate(now.targetTps)}`)}`,
    `${label('')}${paint.cyan(sparkline(now.rates, Math.min(60, width - LABEL), now.targetTps))}`,
    `${label('schedule')}${lag}  ${paint.dim(`${formatCount(now.sent)} sent so far`)}${failed}`,
    `${label('')}${paint.dim(`${'p50'.padStart(FIGURE)}${'p99'.padStart(FIGURE)}${'count'.padStart(FIGURE)}`)}`,
    ...MEASURES.flatMap((name) => measureLine(name, now.measures[name], label)),
    `${label('waiting')}${backlogText(now.backlog)}`,
    `${label('used')}${usedText(now)}`,
  ]
  return lines.map((line) => cutLine(line, width))
}

const LABEL = 12
const FIGURE = 10

function headLine(now: LiveSnapshot, paint: Paint, width: number): string {
  const clock = `${clockText(now.elapsedMs)} / ${clockText(now.plannedMs)}`
  const title = `${plainLine(now.scenario)}  ${plainLine(now.phase)}  ${clock}  `
  const room = Math.min(40, width - title.length)
  const bar = room < 8 ? '' : progressBar(now.elapsedMs / Math.max(1, now.plannedMs), room)
  return `${paint.bold(plainLine(now.scenario))}  ${plainLine(now.phase)}  ${paint.dim(clock)}  ${paint.cyan(bar)}`
}

function measureLine(
  name: MeasureName,
  figures: LiveFigures | undefined,
  label: (text: string) => string,
): string[] {
  if (figures === undefined) return []
  const cells = [formatMs(figures.p50Ms), formatMs(figures.p99Ms), formatCount(figures.count)]
  return [label(name) + cells.map((cell) => cell.padStart(FIGURE)).join('')]
}

function backlogText(backlog: LiveSnapshot['backlog']): string {
  const stages = Object.entries(backlog).map(
    ([stage, waiting]) => `${plainLine(stage)} ${formatCount(waiting)}`,
  )
  return stages.length === 0 ? 'nothing' : stages.join('  ')
}

function usedText({ cpuCores, rssBytes }: LiveSnapshot): string {
  return [cpuCores === null ? '' : formatCores(cpuCores), rssBytes === null ? '' : formatBytes(rssBytes)]
    .filter(Boolean)
    .join('  ')
}

/** The same in one plain line, for logs. */
export function liveLine(now: LiveSnapshot): string {
  const latencies = MEASURES.flatMap((name) => {
    const p99Ms = now.measures[name]?.p99Ms
    return p99Ms === undefined || p99Ms === null ? [] : [`${name} ${formatMs(p99Ms)}`]
  })
  const waiting = Object.values(now.backlog).reduce((sum, count) => sum + count, 0)
  return [
    `${clockText(now.elapsedMs)} ${plainLine(now.phase)}`,
    `sent ${formatRate(now.sentTps)} of ${formatRate(now.offeredTps)} due`,
    `lag p99 ${formatMs(now.scheduleLagP99Ms)}`,
    ...(latencies.length === 0 ? [] : [`p99: ${latencies.join(', ')}`]),
    `waiting ${formatCount(waiting)}`,
    ...(now.failed === 0 ? [] : [`failed ${formatCount(now.failed)}`]),
  ].join(' | ')
}

function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
