const CLOCK =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i
const NUMBER = /^\d{1,15}(\.\d+)?$/
/** Numbers below are seconds (until the year 5138), others milliseconds. */
const LEAST_MS = 1e11
/** Last millisecond of the year 9999. */
const MOST_MS = 253_402_300_799_999

/**
 * A time as ms since the epoch: ISO 8601, `YYYY-MM-DD HH:MM:SS UTC`, or a number of seconds or ms since the
 * epoch. A time without a zone is UTC. NaN where it is none of these, or before 1970.
 */
export function parseTime(text: string): number {
  const trimmed = text.trim()
  const ms = NUMBER.test(trimmed) ? parseNumber(Number(trimmed)) : parseClock(CLOCK.exec(trimmed))
  return ms >= 0 && ms <= MOST_MS ? ms : Number.NaN
}

function parseNumber(value: number): number {
  return Math.floor(value < LEAST_MS ? value * 1e3 : value)
}

function parseClock(match: RegExpExecArray | null): number {
  if (match === null) return Number.NaN
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const clock = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  // Date.UTC carries the 31st of February over into March: such a day is no day.
  const real = new Date(date).getUTCDate() === Number(day) && Number(month) >= 1 && Number(month) <= 12
  if (!real || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  return date + clock * 1e3 + Number(fraction.padEnd(3, '0').slice(0, 3)) - zoneMs(zone)
}

function zoneMs(zone: string): number {
  const sign = zone[0] === '-' ? -1 : zone[0] === '+' ? 1 : 0
  if (sign === 0) return 0
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000
}
