import { newCounters, type StageCounters } from '../stages/stage.ts'
import type { StageConservation } from './run-record.ts'

export interface StageBooks {
  readonly stage: string
  /** Of all members of the stage together (`sumCounters`), restarted ones included. */
  readonly counters: StageCounters
  /** By topic and partition: where the stage's group stood when the run began, stands now, and the log's end. */
  readonly partitions: readonly {
    readonly from: number
    readonly committed: number
    readonly latest: number
  }[]
}

/** The counters of several members of one stage as one. */
export function sumCounters(all: readonly StageCounters[]): StageCounters {
  const sum = newCounters()
  for (const counters of all) {
    for (const name of Object.keys(sum) as (keyof StageCounters)[]) sum[name] += counters[name]
  }
  return sum
}

/**
 * Does in = out + duplicates + dead letters + rejected + in flight hold? In flight is what the log holds
 * beyond the committed offsets; the log also has a say in what went in, so that a stage cannot balance its
 * books by leaving out what it skipped. `in` is the larger of two counts, equal when all is well:
 *
 * - the stage's: records taken, redeliveries included, and those still waiting in the log untaken;
 * - the log's: records appended to the stage's topics in this run.
 */
export function conserve({ stage, counters, partitions }: StageBooks): StageConservation {
  const { out, duplicates, deadLettered, rejected } = counters
  const handled = out + duplicates + deadLettered + rejected
  let inFlight = 0
  let appended = 0
  for (const { from, committed, latest } of partitions) {
    inFlight += latest - committed
    appended += latest - from
  }
  // Taken and not yet settled: part of what is in flight.
  const held = Math.max(0, counters.in - handled)
  const reached = Math.max(counters.in + inFlight - Math.min(held, inFlight), appended)
  const balanced = reached === handled + inFlight && handled <= counters.in
  return { stage, in: reached, out, duplicates, deadLettered, rejected, inFlight, balanced }
}
