import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type {
  ConsumeOptions,
  Consumer,
  Position,
  StoredRecord,
  TopicPartition,
} from '../../ports/event-log.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import type { FrameStore } from './frame-store.ts'
import type { GroupMembership } from './group-membership.ts'
import { PartitionReader } from './partition-reader.ts'
import { TopicReader } from './topic-reader.ts'
import type { TopicStore } from './topic-store.ts'

// A wait for records looks again after 1 ms; the longer nothing comes, the rarer, down to once in 5 ms.
const SHORTEST_WAIT_MS = 1
const LONGEST_WAIT_MS = 5
const LONGER_BY_MS = 0.1
// LMDB answers without leaving the thread, so a consumer with a backlog would never let timers, signals and
// its own heartbeat run: it does so at least this often.
const TURN_EVERY_MS = 5

export interface LmdbConsumerParts {
  readonly environment: LmdbEnvironment
  readonly topics: TopicStore
  readonly frames: FrameStore
  readonly membership: GroupMembership
}

/** A member of a group that looks into LMDB for new records. */
export class LmdbConsumer implements Consumer {
  readonly #options: ConsumeOptions
  readonly #parts: LmdbConsumerParts
  readonly #readers: readonly TopicReader[]
  /** Taken in the group, but not yet told to `onAssigned`. */
  #untold: Position[] = []
  #turn = 0
  #turnDueMs = 0
  #closed = false

  constructor(parts: LmdbConsumerParts, options: ConsumeOptions) {
    this.#parts = parts
    this.#options = options
    this.#readers = options.topics.map((name) => new TopicReader(parts.topics, parts.topics.get(name)))
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    if (this.#closed) throw new RepError('REP_INTERNAL', `Group ${this.#options.group}: poll after close.`)
    const deadlineMs = performance.now() + maxWaitMs
    let waitMs = SHORTEST_WAIT_MS
    if (performance.now() >= this.#turnDueMs) await this.#giveTurn()
    for (;;) {
      signal?.throwIfAborted()
      await this.#refresh()
      const records = this.#read()
      const leftMs = deadlineMs - performance.now()
      if (records.length > 0 || leftMs <= 0 || this.#closed) return records
      await sleep(Math.min(leftMs, waitMs))
      this.#turnDueMs = performance.now() + TURN_EVERY_MS
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs + LONGER_BY_MS)
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    await this.#parts.membership.commit(positions)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#readerOf(at.topic)?.pause(at.partition)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#readerOf(at.topic)?.resume(at.partition)
  }

  assignment(): readonly TopicPartition[] {
    return this.#readers.flatMap((reader) =>
      reader.partitions().map((partition) => ({ topic: reader.name, partition })),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const reader of this.#readers) reader.keepOnly(new Set())
    await this.#parts.membership.leave()
  }

  async #giveTurn(): Promise<void> {
    await nextTurn()
    this.#turnDueMs = performance.now() + TURN_EVERY_MS
  }

  async #refresh(): Promise<void> {
    const { environment, membership } = this.#parts
    environment.state.refreshReads()
    if (membership.isStale()) this.#adopt(await membership.refresh())
    if (this.#untold.length === 0) return
    await this.#options.onAssigned?.(this.#untold)
    const { frames } = this.#parts
    for (const from of this.#untold) {
      const reader = this.#readerOf(from.topic)!
      reader.add(new PartitionReader(frames, reader.topic, from))
    }
    this.#untold = []
  }

  #adopt(change: { owned: readonly Position[]; evicted: boolean }): void {
    for (const reader of this.#readers) {
      const kept = change.evicted ? [] : change.owned.filter((position) => position.topic === reader.name)
      reader.keepOnly(new Set(kept.map((position) => position.partition)))
    }
    this.#untold = change.owned.filter((at) => !this.#readerOf(at.topic)!.has(at.partition))
  }

  #read(): StoredRecord[] {
    this.#parts.environment.log.refreshReads()
    const out: StoredRecord[] = []
    const first = this.#turn++ % this.#readers.length
    for (let i = 0; i < this.#readers.length && out.length < this.#options.maxRecords; i++) {
      const reader = this.#readers[(first + i) % this.#readers.length]!
      reader.take(this.#options.maxRecords - out.length, out)
    }
    return out
  }

  #readerOf(topic: string): TopicReader | undefined {
    return this.#readers.find((reader) => reader.name === topic)
  }
}
