import type { RepError } from '../../errors/rep-error.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { unavailable } from './kafka-errors.ts'
import type { PartitionQueues } from './kafka-partition-queues.ts'
import {
  type FetchFrom,
  type FetchLimits,
  isOutOfRange,
  type PlatformaticFetch,
} from './platformatic-fetch.ts'

export interface FetchLoopOptions {
  readonly queues: PartitionQueues
  readonly fetch: PlatformaticFetch
  readonly admin: KafkaAdmin
  readonly limits: FetchLimits
  /** Fetches go on while fewer records than this wait to be polled. */
  readonly prefetchRecords: number
  readonly from: 'earliest' | 'latest'
  /** Told when there is something to poll, or a failure. */
  readonly onChange: () => void
}

/**
 * How long a broker that had nothing may hold a fetch back, ms. It answers at the first byte, so this adds no
 * latency; it is short because a partition that comes meanwhile waits for the answer.
 */
const QUIET_WAIT_MS = 100
/** A broker sends the first batch of an answer whole, however large, so this bounds the number of fetches and no record. */
const LEAST_PARTITION_BYTES = 16 * 1024

/** Keeps one fetch under way at every broker that leads partitions, as long as what waits is little. */
export class PlatformaticFetchLoop {
  readonly #options: FetchLoopOptions
  readonly #busy = new Set<number>()
  /** Brokers whose last fetch found nothing. */
  readonly #quiet = new Set<number>()
  #pumping = false
  /** Which partition the next fetch begins with. */
  #turn = 0
  #closed = false
  #failure: RepError | null = null

  constructor(options: FetchLoopOptions) {
    this.#options = options
  }

  /**
   * Why fetching fails; null again after a fetch that went well, or when nothing is wanted. It stays until then:
   * a poll between two tries must not look as if all were well again.
   */
  get failure(): RepError | null {
    return this.#failure
  }

  /** Begins fetches where something is wanted and nothing under way. */
  async pump(): Promise<void> {
    if (this.#pumping || this.#closed) return
    const wanted = this.#wanted()
    if (wanted.length === 0) this.#failure = null
    if (wanted.length === 0) return
    this.#pumping = true
    try {
      for (const [node, froms] of await this.#options.fetch.leaders(wanted)) {
        if (!this.#busy.has(node) && !this.#closed) void this.#fetchFrom(node, froms)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#pumping = false
    }
  }

  close(): void {
    this.#closed = true
  }

  /**
   * What to fetch, each time beginning with another partition: the broker fills an answer in the order of the request, so
   * that under a backlog the last ones would starve.
   */
  #wanted(): FetchFrom[] {
    const { queues, prefetchRecords } = this.#options
    const { all } = queues
    let waiting = 0
    const wanted: FetchFrom[] = []
    for (let i = 0; i < all.length; i++) {
      const { topic, partition, nextOffset, paused, records, taken } = all[(this.#turn + i) % all.length]!
      if (paused) continue
      waiting += records.length - taken
      wanted.push({ topic, partition, offset: nextOffset })
    }
    return waiting < prefetchRecords ? wanted : []
  }

  async #fetchFrom(node: number, froms: readonly FetchFrom[]): Promise<void> {
    const { fetch, onChange } = this.#options
    this.#busy.add(node)
    this.#turn++
    let ok = false
    try {
      const found = await fetch.fetch(node, froms, this.#limits(node, froms.length))
      for (const fetched of found) this.#take(froms, fetched)
      if (found.some(({ records }) => records.length > 0)) this.#quiet.delete(node)
      else this.#quiet.add(node)
      this.#failure = null
      ok = true
    } catch (error) {
      if (isOutOfRange(error)) ok = await this.#resetRange(froms)
      else this.#fail(error)
    }
    this.#busy.delete(node)
    onChange()
    // After a failure the next poll tries again, at the caller's pace.
    if (ok) await this.pump()
  }

  /** Each partition may bring its share of an answer; what is left over goes to those that the request begins with. */
  #limits(node: number, partitions: number): FetchLimits {
    const { maxBytes, partitionBytes } = this.#options.limits
    const share = Math.max(LEAST_PARTITION_BYTES, Math.ceil(maxBytes / partitions))
    const limits = { ...this.#options.limits, partitionBytes: Math.min(partitionBytes, share) }
    if (!this.#quiet.has(node)) return limits
    return { ...limits, minBytes: 1, maxWaitMs: Math.max(QUIET_WAIT_MS, limits.maxWaitMs) }
  }

  #take(froms: readonly FetchFrom[], fetched: Awaited<ReturnType<PlatformaticFetch['fetch']>>[number]): void {
    const { topic, partition, records, nextOffset } = fetched
    const { queues } = this.#options
    const queue = queues.get(topic, partition)
    const asked = froms.find((from) => from.topic === topic && from.partition === partition)
    // The partition moved away, or away and back, while the fetch was under way.
    if (queue === undefined || queue.nextOffset !== asked?.offset) return
    queue.nextOffset = nextOffset
    if (records.length > 0) queues.push(queue, records)
  }

  /** Goes to the first or last offset where retention, or a truncated log, took the one that was wanted. */
  async #resetRange(froms: readonly FetchFrom[]): Promise<boolean> {
    const { admin, queues, from } = this.#options
    try {
      for (const topic of new Set(froms.map((at) => at.topic))) {
        for (const { partition, earliest, latest } of await admin.offsets(topic)) {
          const queue = queues.get(topic, partition)
          if (queue === undefined) continue
          if (queue.nextOffset < earliest) queue.nextOffset = earliest
          else if (queue.nextOffset > latest) queue.nextOffset = from === 'latest' ? latest : earliest
        }
      }
      return true
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#options.fetch.forgetLeaders()
    this.#failure = unavailable('fetching failed', error)
    this.#options.onChange()
  }
}
