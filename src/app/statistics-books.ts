import { USER_CUSTOM } from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
import { type FinalReading, MARK } from '../measure/final-read.ts'
import type { LedgerBuffers } from '../measure/ledger.ts'
import type { StageConservation, StatisticsRecord } from '../measure/run-record.ts'
import type { Position } from '../ports/event-log.ts'
import type { Stack } from '../ports/stack.ts'
import { countedEvents } from '../stages/statistics/counted-events.ts'
import { positionsNow } from './account.ts'

export interface StatisticsBooks {
  readonly stack: Stack
  readonly ledger: LedgerBuffers
  readonly reading: FinalReading
  readonly conservation: readonly StageConservation[]
  /** Where every topic stood before the run. */
  readonly from: readonly Position[]
}

/**
 * Compares what PostgreSQL has with what the log has: as many rows as events, and counts that add up to as many. Call
 * it when the stage has stopped. What was not read when the drain ended may be missing; events that are not the
 * run's own, and custom events, may be there or be repeated.
 */
export async function closeStatistics(books: StatisticsBooks): Promise<StatisticsRecord> {
  const logged = loggedActions(books)
  const counts = await readCounts(books.stack)
  if (counts === null) return { logged, rows: null, counted: null, equal: false }
  const { rows, counted } = counts
  const waiting = books.conservation.find(({ stage }) => stage === 'statistics')?.inFlight ?? 0
  const others = books.reading.foreign + (await customEvents(books))
  const equal = rows === counted && rows >= logged - waiting && rows <= logged + others
  return { logged, rows, counted, equal }
}

/** Null where PostgreSQL does not answer. */
async function readCounts(stack: Stack): Promise<{ rows: number; counted: number } | null> {
  try {
    return await countedEvents(await stack.openSql())
  } catch (error) {
    if (error instanceof RepError && (error.retryable || error.code === 'REP_ENVIRONMENT')) return null
    throw error
  }
}

/** User actions of the run that the log has, each once. */
function loggedActions({ ledger, reading }: StatisticsBooks): number {
  let logged = 0
  for (const [at, { stream }] of ledger.streams.entries()) {
    if (stream === 'inventory') continue
    for (const mark of reading.marks[at]!) if ((mark & MARK.times) > 0) logged++
  }
  return logged
}

async function customEvents({ stack, from }: StatisticsBooks): Promise<number> {
  const before = new Map(from.map(({ topic, partition, offset }) => [`${topic}:${partition}`, offset]))
  const now = await positionsNow(stack.log, [USER_CUSTOM])
  return now.reduce(
    (sum, { topic, partition, offset }) => sum + offset - (before.get(`${topic}:${partition}`) ?? 0),
    0,
  )
}
