/**
 * Trace ids of driven events are UUIDs of version 7 (RFC 9562) whose random bits are replaced by what the
 * ledger needs: `tttttttt-tttt-7rrr-8rss-ssssssssssss` with t = event time in ms (48 bits), r = run tag
 * (16 bits, from the seed and the stream), s = sequence number (56 bits). So an id says which event of
 * which schedule it is, without a lookup, and the same seed gives the same ids.
 */

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** The nil UUID, in place of the trace id of an action where there was none yet. */
export const NO_TRACE_ID = '00000000-0000-0000-0000-000000000000'

/** The stream of driven events that an id belongs to: each has its own sequence numbers, from 0. */
export const STREAMS = { action: 0, inventory: 1, canary: 2 } as const
export type Stream = keyof typeof STREAMS

/** 16-bit tag of one stream of one run: seed folded to 14 bits, then the stream's number. */
export function runTag(seed: number, stream: Stream): number {
  const folded = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) ^ (seed >>> 3)) & 0x3fff
  return (folded << 2) | STREAMS[stream]
}

/** Formats a trace id. `timestampMs` below 2^48, `tag` below 2^16, `sequence` below 2^48. */
export function formatTraceId(timestampMs: number, tag: number, sequence: number): string {
  const high = Math.floor(timestampMs / 0x10000)
  const low = timestampMs % 0x10000
  const sequenceHigh = Math.floor(sequence / 0x1000000)
  const sequenceLow = sequence % 0x1000000
  return (
    HEX[high >>> 24]! +
    HEX[(high >>> 16) & 255]! +
    HEX[(high >>> 8) & 255]! +
    HEX[high & 255]! +
    '-' +
    HEX[low >>> 8]! +
    HEX[low & 255]! +
    '-7' +
    HEX[tag >>> 8]! +
    ((tag >>> 4) & 15).toString(16) +
    '-8' +
    (tag & 15).toString(16) +
    '00-' +
    HEX[(sequenceHigh >>> 16) & 255]! +
    HEX[(sequenceHigh >>> 8) & 255]! +
    HEX[sequenceHigh & 255]! +
    HEX[sequenceLow >>> 16]! +
    HEX[(sequenceLow >>> 8) & 255]! +
    HEX[sequenceLow & 255]!
  )
}

/** The sequence number in a trace id, or -1 when the id was not made with this run tag. */
export function sequenceOf(traceId: string, tag: number): number {
  if (traceId.length !== 36 || traceId.charCodeAt(14) !== 55 || traceId.charCodeAt(19) !== 56) return -1
  const found =
    (digit(traceId, 15) << 12) | (digit(traceId, 16) << 8) | (digit(traceId, 17) << 4) | digit(traceId, 20)
  if (found !== tag) return -1
  let sequence = 0
  for (let i = 24; i < 36; i++) sequence = sequence * 16 + digit(traceId, i)
  return sequence
}

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 58 ? code - 48 : (code | 32) - 87
}
