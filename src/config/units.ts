import { RepError } from '../errors/rep-error.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** One or more numbers with a unit each: `200ms`, `1.5s`, `1m30s`. */
export const DURATION = /^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/
/** A percentage: `5%`. */
export const PERCENTAGE = /^\d+(\.\d+)?%$/
const RATE = /^(\d+(?:\.\d+)?|\.\d+)(k|M)?(\/s|\/m|\/min|\/h)?$/

/** A duration with its unit (`20s`, `200ms`, `1m30s`; us, ms, s, m, h, d) in ms. Throws REP_USAGE. */
export function parseDuration(text: string): number {
  const trimmed = text.trim()
  if (!DURATION.test(trimmed)) {
    throw new RepError(
      'REP_USAGE',
      `Expected a duration with a unit, e.g. 20s, 200ms or 1m30s, got “${text}”.`,
    )
  }
  let ms = 0
  for (const [, number, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)) {
    ms += Number(number) * UNIT_MS[unit!]!
  }
  return ms
}

/** A rate per second: `10000`, `10k`, `0.5M`, `10k/s`, `90/min`, `600/h`. Throws REP_USAGE. */
export function parseRate(text: string): number {
  const match = RATE.exec(text.trim().replaceAll('_', ''))
  if (match === null) {
    throw new RepError('REP_USAGE', `Expected a rate per second, e.g. 10000, 10k or 90/min, got “${text}”.`)
  }
  const [, number, factor, per] = match
  const times = factor === 'k' ? 1e3 : factor === 'M' ? 1e6 : 1
  const seconds = per === '/h' ? 3600 : per === '/m' || per === '/min' ? 60 : 1
  return (Number(number) * times) / seconds
}

/** An amount of memory with its unit (`512m`, `2g`) in whole MiB. Throws REP_USAGE. */
export function parseMebibytes(text: string): number {
  const [, number, unit] = /^(\d+)([mg])$/i.exec(text.trim()) ?? []
  if (number !== undefined) return Number(number) * (unit === 'g' || unit === 'G' ? 1024 : 1)
  throw new RepError('REP_USAGE', `Expected an amount of memory, e.g. 512m or 2g, got “${text}”.`)
}

/** A share from 0 to 1 of a percentage such as `5%`. */
export function shareOfPercentage(text: string): number {
  return Number(text.slice(0, -1)) / 100
}

/** A duration in ms with the largest unit that keeps it exact: `20000` is `20s`, `1500` is `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit]! === 0) return `${ms / UNIT_MS[unit]!}${unit}`
  }
  return `${ms}ms`
}
