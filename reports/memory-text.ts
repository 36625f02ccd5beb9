import type { ResourceFigures } from '../src/measure/run-record.ts'
import { formatBytes } from './format.ts'

/**
 * Most memory of all processes, `680 MiB + 540 MiB of file pages`: the second part is the page cache of mapped files,
 * which the system takes back when it needs it. Empty where nothing was sampled.
 */
export function memoryText(resources: readonly ResourceFigures[]): string {
  const whole = resources.filter(({ kind }) => kind === 'process')
  const rssBytes = whole.reduce((sum, used) => sum + (used.peakRssBytes ?? 0), 0)
  if (rssBytes === 0) return ''
  if (whole.some(({ peakAnonBytes }) => peakAnonBytes === null)) return `${formatBytes(rssBytes)} resident`
  const anonBytes = whole.reduce((sum, used) => sum + (used.peakAnonBytes ?? 0), 0)
  return `${formatBytes(anonBytes)} + ${formatBytes(Math.max(0, rssBytes - anonBytes))} of file pages`
}
