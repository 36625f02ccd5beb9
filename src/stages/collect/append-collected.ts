import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { type Collected, toLogRecord } from './collected.ts'

/** What became of records that were given to the log, by position; the others are durable in it. */
export interface Appended {
  /** May be given to it again: it was down, or did not answer. Ascending. */
  readonly unsure: readonly number[]
  /** Refused for good. */
  readonly refused: ReadonlyMap<number, Error>
}

/** Bytes of one append: a broker refuses a batch of a partition that is over its limit, often 1 MiB. */
const SLICE_BYTES = 512 * 1024

/**
 * Appends records of any topics, in their order within each. A log that does not answer within `ackMs` is as
 * good as down; what it stores of them all the same is told apart by its trace id.
 */
export async function appendCollected(
  log: EventLog,
  records: readonly Collected[],
  ackMs: number,
): Promise<Appended> {
  const late = new AbortController()
  // Not AbortSignal.timeout: it cannot be called off, so that each append would end in an error ackMs later.
  const timer = setTimeout(() => late.abort(), ackMs)
  const append = new Append(log, records, late.signal)
  try {
    await Promise.all([...byTopic(records)].map(([topic, positions]) => append.topic(topic, positions)))
  } finally {
    clearTimeout(timer)
  }
  return { unsure: append.unsure.sort((a, b) => a - b), refused: append.refused }
}

class Append {
  readonly unsure: number[] = []
  readonly refused = new Map<number, Error>()
  readonly #log: EventLog
  readonly #records: readonly Collected[]
  readonly #signal: AbortSignal

  constructor(log: EventLog, records: readonly Collected[], signal: AbortSignal) {
    this.#log = log
    this.#records = records
    this.#signal = signal
  }

  async topic(topic: string, positions: readonly number[]): Promise<void> {
    for (let from = 0; from < positions.length; ) {
      const slice = this.#slice(positions, from)
      from += slice.length
      if (await this.#append(topic, slice)) continue
      // What comes after may not overtake.
      for (const position of positions.slice(from)) this.unsure.push(position)
      return
    }
  }

  /** False where some may have to be given to the log again. */
  async #append(topic: string, slice: readonly number[]): Promise<boolean> {
    const before = this.unsure.length
    const batch = slice.map((position) => toLogRecord(this.#records[position]!))
    try {
      const { failures = [] } = await inTime(this.#log.append(topic, batch, this.#signal), this.#signal)
      for (const { position, error, indeterminate } of failures) {
        if (indeterminate || isRetryable(error)) this.unsure.push(slice[position]!)
        else this.refused.set(slice[position]!, error)
      }
    } catch (error) {
      if (!isRetryable(error) && !this.#signal.aborted) throw error
      for (const position of slice) this.unsure.push(position)
    }
    return this.unsure.length === before
  }

  /** At least one record, and as many more as fit into one append. */
  #slice(positions: readonly number[], from: number): readonly number[] {
    let bytes = 0
    let end = from
    while (end < positions.length && (end === from || bytes <= SLICE_BYTES)) {
      bytes += this.#records[positions[end++]!]!.value.length
    }
    return positions.slice(from, end)
  }
}

function byTopic(records: readonly Collected[]): Map<string, number[]> {
  const topics = new Map<string, number[]>()
  for (let i = 0; i < records.length; i++) {
    const { topic } = records[i]!
    const positions = topics.get(topic)
    if (positions === undefined) topics.set(topic, [i])
    else positions.push(i)
  }
  return topics
}

/** Drivers look at the signal only before they send, and try for longer than a sender waits. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = Promise.withResolvers<never>()
  const onAbort = (): void => late.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([work, late.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

export function isRetryable(error: unknown): boolean {
  return error instanceof RepError && error.retryable
}

/** Waits, at most until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
