import type { StoredRecord } from '../ports/event-log.ts'
import type { Stack } from '../ports/stack.ts'

/**
 * What a stage tells the lab about single events. Calls must be cheap: they come once an event.
 * The measuring side decides what to keep; a stage that runs outside a lab gets a silent one.
 */
export interface StageObserver {
  /** An effect of this event is durable: `measure` names the figure (`index`, `preference`, `notify`). */
  done(measure: StageMeasure, traceId: string, dueUs: number): void
  /**
   * The effect was found durable already: a redelivery, or a second try after one whose answer was lost. It is
   * news only if `done` was never told.
   */
  known(measure: StageMeasure, traceId: string, dueUs: number): void
}

export type StageMeasure = 'index' | 'preference' | 'notify'

/** Counts of one stage; in = out + duplicates + dead-lettered + rejected + in flight, always. */
export interface StageCounters {
  /** Records taken from the log, redeliveries included. */
  in: number
  /** Records handled, their effects durable. */
  out: number
  /** Records dropped because their trace id, or a later offset of their key, had been applied before. */
  duplicates: number
  /** Records written to the dead-letter topic. */
  deadLettered: number
  /** Records that this stage cannot use and that another stage of the topic dead-letters. */
  rejected: number
  /** Records that this stage appended to other topics. */
  produced: number
}

/** A stage: consumes batches of its topics; `app` runs it in a thread. */
export interface Stage {
  readonly name: string
  /** Consumer group. */
  readonly group: string
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly counters: StageCounters
  /**
   * Handles one batch and settles what is durable by then. May keep records back for a later flush; their
   * offsets must not be committed before. After an error that is retryable the very same batch (the same
   * array) is handed in again: what of it was done or taken by then must not be counted or done twice. After
   * REP_LOG_FENCED it is not: the next poll gives the partitions that are this member's, from their committed
   * offsets where they begin anew (`onAssigned`).
   */
  handle(batch: readonly StoredRecord[]): Promise<void>
  /** Called when a poll found nothing and before the next one: flush what is due by its age. */
  idle(): Promise<void>
  /** Makes everything taken so far durable and commits it. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface StageContext {
  readonly stack: Stack
  readonly observer: StageObserver
  /** One line per state change, never one per event or attempt. */
  readonly log: (line: string) => void
}

export function newCounters(): StageCounters {
  return { in: 0, out: 0, duplicates: 0, deadLettered: 0, rejected: 0, produced: 0 }
}
