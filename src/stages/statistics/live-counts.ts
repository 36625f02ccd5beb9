import type { KeyValue } from '../../ports/key-value.ts'
import { tallyKeys } from '../../ports/tallies.ts'
import { secondName, TALLY } from './counters.ts'

export interface MomentCounts {
  readonly total: number
  readonly byType: Readonly<Record<string, number>>
}

/** What was counted of late, by when it was counted, not by event time. */
export interface LiveCounts {
  /** The end of both. */
  readonly at: string
  readonly second: MomentCounts
  readonly minute: MomentCounts
}

const MINUTE_SECONDS = 60
/** A second is read when it has been over for so long: what was being counted at its end is in it then. */
const SETTLE_MS = 1000

/** The last second that is surely whole, and the minute up to its end. */
export async function readLiveCounts(keyValue: KeyValue, nowMs: number): Promise<LiveCounts> {
  const end = Math.floor((nowMs - SETTLE_MS) / 1000)
  const { moment } = tallyKeys(TALLY)
  const keys = Array.from({ length: MINUTE_SECONDS }, (_, i) => moment(secondName(end - 1 - i)))
  const hashes = await keyValue.getHashes(keys)
  return {
    at: new Date(end * 1000).toISOString(),
    second: sumOf(hashes.slice(0, 1)),
    minute: sumOf(hashes),
  }
}

function sumOf(hashes: readonly (Readonly<Record<string, string>> | null)[]): MomentCounts {
  const byType: Record<string, number> = {}
  let total = 0
  for (const hash of hashes) {
    for (const [type, text] of Object.entries(hash ?? {})) {
      byType[type] = (byType[type] ?? 0) + Number(text)
      total += Number(text)
    }
  }
  return { total, byType }
}
