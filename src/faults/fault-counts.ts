import type { FaultStep } from '../config/scenario.ts'

/** Faults that change what the log holds. */
export type RecordFault = Exclude<FaultStep['kind'], 'stall'>

/** One record that a fault was done to. */
export interface Injection {
  readonly kind: RecordFault
  /** Which record it was of those handed to this log for the topic, from 1. */
  readonly number: number
  readonly traceId: string
}

/** What faults were done, to compare the ledger's verdict with. Survives a structured clone. */
export interface InjectedFaults {
  readonly counts: Readonly<Record<RecordFault, number>>
  /** The first ones; see MOST_LISTED. */
  readonly listed: readonly Injection[]
  /** Appends that a stall held. */
  readonly stalled: number
}

/** Most injections that are listed; counts go on. */
export const MOST_LISTED = 10_000

/** What several generator threads injected. */
export function sumInjected(parts: readonly InjectedFaults[]): InjectedFaults {
  const sum = (kind: RecordFault) => parts.reduce((total, { counts }) => total + counts[kind], 0)
  return {
    counts: { lose: sum('lose'), duplicate: sum('duplicate'), reorder: sum('reorder') },
    listed: parts.flatMap(({ listed }) => listed).slice(0, MOST_LISTED),
    stalled: parts.reduce((total, { stalled }) => total + stalled, 0),
  }
}
