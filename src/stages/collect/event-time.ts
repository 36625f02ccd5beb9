import type { Fields } from './fields.ts'

/** Clocks that differ by no more than this are taken as right: it is the network's time too. */
export const CLOCK_TOLERANCE_MS = 1000
/** Milliseconds since the epoch below this (1973) are seconds by mistake. */
const EARLIEST_MS = 1e11
/** Latest that fits the time in a trace id: far in the future. */
const LATEST_MS = 2 ** 48
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

/** A point in time as milliseconds since the epoch: given as such, or as ISO 8601 with its zone. */
export function readTime(fields: Fields, name: string): number | null {
  const value = fields.source[name] ?? null
  if (value === null) return null
  const ms = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : value
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    return fields.fault(name, 'must be milliseconds since the epoch, or ISO 8601 with its zone')
  }
  if (ms < EARLIEST_MS || ms >= LATEST_MS) {
    return fields.fault(name, `must be milliseconds since the epoch between ${EARLIEST_MS} and ${LATEST_MS}`)
  }
  return Math.round(ms)
}

/** How far the sender's clock is behind this one's, ms; 0 where that is not told, or within the tolerance. */
export function clockSkewMs(sentMs: number | null, receivedMs: number): number {
  const skewMs = sentMs === null ? 0 : receivedMs - sentMs
  return Math.abs(skewMs) <= CLOCK_TOLERANCE_MS ? 0 : skewMs
}

/** When an event happened by this clock. Nothing happens after it was received. */
export function correctedTime(clientMs: number, skewMs: number, receivedMs: number): number {
  const correctedMs = clientMs + skewMs
  return correctedMs > receivedMs + CLOCK_TOLERANCE_MS ? receivedMs : correctedMs
}
