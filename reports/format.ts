/** Stands for a figure that is not there. */
export const DASH = '–'

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A whole number with thousands separators: `1,234,567`. */
export function formatCount(value: number | null): string {
  return value === null ? DASH : counts.format(value)
}

/** Three significant digits, as the histograms hold: `0.042`, `4.21`, `42.1`, `421`, `4,210`. */
export function formatFigure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 100)
    return counts.format(Number(value.toPrecision(Math.max(3, Math.floor(Math.log10(size)) + 1))))
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

/** Milliseconds with the unit that reads best: `0.420 ms`, `42.1 ms`, `1.84 s`. */
export function formatMs(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return DASH
  return Math.abs(ms) < 999.5 ? `${formatFigure(ms)} ms` : `${formatFigure(ms / 1000)} s`
}

/** A limit as one would write it: `250 ms`, `1 s`, `1.5 s`. */
export function formatLimitMs(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(6))} ms` : `${Number((ms / 1000).toPrecision(6))} s`
}

/** CPU cores used on average: `0.86 cores`. */
export function formatCores(cores: number): string {
  return `${cores < 10 ? cores.toFixed(2) : cores.toFixed(1)} cores`
}

/** A part of a whole, 0 to 1: `48 %`, `3.1 %`, `< 0.1 %`. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent.toFixed(percent === 0 || percent >= 9.95 ? 0 : 1)} %`
}

/** A stretch of time: `45 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** Events a second: `10,000/s`; small rates keep a decimal. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 10 && perSecond > 0 ? Number(perSecond.toFixed(2)) : formatCount(perSecond)}/s`
}

/** Bytes in binary units: `812 MiB`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return DASH
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`
}

/** A figure in an objective's unit: `41.2 ms`, `99.8 %`, `9,998/s`, `12 events`, `yes`. */
export function formatInUnit(value: number | null, unit: 'ms' | '%' | 'events' | '/s' | 'bool'): string {
  if (value === null) return DASH
  if (unit === 'ms') return formatMs(value)
  if (unit === '%') return `${Number(value.toFixed(3))} %`
  if (unit === 'events') return plural(value, 'event')
  if (unit === '/s') return formatRate(value)
  return value === 0 ? 'no' : 'yes'
}

/** A limit in an objective's unit: `1 s`, `99 %`. */
export function formatLimit(limit: number, unit: 'ms' | '%' | 'events' | '/s' | 'bool'): string {
  return unit === 'ms' ? formatLimitMs(limit) : formatInUnit(limit, unit)
}

/** `1 event`, `2 events`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** Joins words as a sentence does: `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** Date and minute in UTC: `23 Jul 2026, 14:05 UTC`; the text itself where it is no date. */
export function formatDate(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const day = date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`
}
