import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../kernel/backoff.ts'
import type { Consumer } from '../ports/event-log.ts'
import type { Stage } from './stage.ts'

const BACKOFF: BackoffLimits = { baseMs: 50, maxMs: 5000 }

export interface RunStageOptions {
  /** Stops the stage: it flushes, commits and leaves its group. */
  readonly signal: AbortSignal
  /** One line per change of state. */
  readonly log: (line: string) => void
  /** Longest wait of a poll without records, ms; also how late a flush by age may be. */
  readonly pollMs?: number
  /**
   * Least time from one poll to the next, ms: records gather meanwhile, and a batch costs much of what it costs
   * whatever its size. Under a backlog a batch takes longer than this, and nothing waits. Default 0.
   */
  readonly gatherMs?: number
  /** How long transient errors may hold up the stop, ms; what is unsettled then is read again next time. */
  readonly stopMs?: number
  readonly backoff?: BackoffLimits
}

/**
 * Polls, handles and idles until the signal, then flushes and closes stage and consumer. A retryable error
 * is tried again with exponential backoff and nothing is polled meanwhile, which is the backpressure; after
 * REP_LOG_FENCED the batch is given up and the next poll brings what is this member's now. Rejects with any other error, after the consumer has left the group.
 */
export async function runStage(stage: Stage, consumer: Consumer, options: RunStageOptions): Promise<void> {
  const { signal, pollMs = 100, gatherMs = 0 } = options
  const retry = retrier(stage.name, options)
  try {
    while (!signal.aborted) {
      const beganMs = performance.now()
      const batch = await retry(() => poll(consumer, pollMs, signal))
      if (batch === undefined) continue
      await retry(() => (batch.length > 0 ? stage.handle(batch) : stage.idle()))
      const restMs = gatherMs - (performance.now() - beganMs)
      if (batch.length > 0 && restMs > 0) await sleep(restMs)
    }
    await retry(() => stage.flush())
    await retry(() => stage.close())
  } finally {
    await consumer.close()
  }
}

/**
 * Opens a stage, again and again while that fails in a way that may pass: a store or the log may be away just
 * then. Rejects with any other error, and with the last one some time after the signal.
 */
export async function openWhenReady<T>(
  name: string,
  open: () => Promise<T>,
  options: RunStageOptions,
): Promise<T> {
  const opened = await retrier(name, options)(open)
  if (opened !== undefined) return opened
  throw new RepError('REP_INTERNAL', `${name}: a stage that was not open yet lost its partitions`)
}

async function poll(consumer: Consumer, pollMs: number, signal: AbortSignal) {
  try {
    return await consumer.poll(pollMs, signal)
  } catch (error) {
    if (signal.aborted && !(error instanceof RepError)) return []
    throw error
  }
}

/** Runs one step to its end; undefined where the partitions were lost meanwhile. */
type Retry = <T>(step: () => Promise<T>) => Promise<T | undefined>

function retrier(name: string, options: RunStageOptions): Retry {
  const { signal, log, stopMs = 10_000, backoff = BACKOFF } = options
  let stopBy = Number.POSITIVE_INFINITY
  signal.addEventListener('abort', () => {
    stopBy = performance.now() + stopMs
  })
  return async (step) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await step()
        if (attempt > 0) log(`${name}: goes on after ${attempt} failed attempts`)
        return result
      } catch (error) {
        if (!(error instanceof RepError)) throw error
        if (error.code === 'REP_LOG_FENCED') {
          log(`${name}: partitions moved to another member, who reads again what is not committed`)
          return undefined
        }
        if (!error.retryable || performance.now() >= stopBy) throw error
        if (attempt === 0) log(`${name}: waiting, ${error.message}`)
        await sleep(backoffMs(attempt, backoff))
      }
    }
  }
}
