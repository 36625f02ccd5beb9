import type { Histogram } from 'hdr-histogram-js'
import type { Scenario } from '../config/scenario.ts'
import { phasesMs } from '../load/rate-curve.ts'
import { meanTps } from '../load/schedule.ts'
import { APPEND, type LedgerBuffers, openLedger } from '../measure/ledger.ts'
import { percentileMs } from '../measure/percentiles.ts'
import type { LoadRecord } from '../measure/run-record.ts'
import type { Offered } from './offered.ts'

export interface LoadFacts {
  readonly scenario: Scenario
  /** The whole schedule: its sequence numbers are the ledger's. */
  readonly whole: Offered
  /** What of it was to be sent here; the whole where the run is not sharded. */
  readonly offered: Offered
  readonly ledger: LedgerBuffers
  readonly scheduleLag: Histogram
  /** Time of the last acknowledgement since due time 0, µs. */
  readonly lastDoneUs: number
}

/** What the generator was asked for and what it did, counted from the ledger: the measured part only. */
export function loadRecord({
  scenario,
  whole,
  offered,
  ledger,
  scheduleLag,
  lastDoneUs,
}: LoadFacts): LoadRecord {
  const actions = openLedger(ledger).find(({ stream }) => stream === 'action')!
  let sent = 0
  let acknowledged = 0
  let failed = 0
  for (let sequence = whole.warmup; sequence < whole.total; sequence++) {
    const state = actions.states[sequence]!
    if (state !== APPEND.none) sent++
    if (state === APPEND.acknowledged || state === APPEND.answered) acknowledged++
    if (state === APPEND.failed) failed++
  }
  const plannedMs = phasesMs(scenario.load.actions.phases)
  // A generator or a log that finished late achieved less than one that kept up.
  const measuredMs = Math.max(plannedMs, lastDoneUs / 1e3 - scenario.warmupMs)
  return {
    targetTps: meanTps(scenario.load.actions) * shareOf(measuredEvents(offered), measuredEvents(whole)),
    offered: measuredEvents(offered),
    sent,
    failed,
    achievedTps: measuredMs > 0 ? (acknowledged * 1e3) / measuredMs : 0,
    measuredMs,
    scheduleLagMs: {
      p50: percentileMs(scheduleLag, 50),
      p99: percentileMs(scheduleLag, 99),
      max: scheduleLag.totalCount === 0 ? null : scheduleLag.maxValue / 1e3,
    },
    warmup: offered.warmup,
  }
}

function measuredEvents({ total, warmup }: Offered): number {
  return total - warmup
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 1
}
