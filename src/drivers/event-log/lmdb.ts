import type { TopicSpec } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type {
  AppendResult,
  ConsumeOptions,
  Consumer,
  EventLog,
  EventLogCapabilities,
  LogRecord,
  PartitionOffsets,
  Position,
  StoredRecord,
} from '../../ports/event-log.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { LmdbWriter } from '../lmdb-writer.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { FrameStore } from './frame-store.ts'
import { GroupMembership } from './group-membership.ts'
import { GroupStore } from './group-store.ts'
import { LmdbConsumer } from './lmdb-consumer.ts'
import { PartitionReader } from './partition-reader.ts'
import { dropOldest, type RetentionLimits } from './retention.ts'
import { TopicStore } from './topic-store.ts'

export interface LmdbEventLogOptions {
  /** The writer of the environment's other drivers: commits then join their settlements. */
  readonly writer?: LmdbWriter
  /** A group's member without a sign of life for this long loses its partitions, ms. Default 10 s. */
  readonly sessionMs?: number
}

/** Opens the event log that is kept in LMDB; any number of threads and processes of one host may do so. */
export function openLmdbEventLog(environment: LmdbEnvironment, options: LmdbEventLogOptions = {}): EventLog {
  const { writer = new LmdbWriter(environment.state), sessionMs = 10_000 } = options
  return new LmdbEventLog(environment, writer, sessionMs)
}

class LmdbEventLog implements EventLog {
  readonly capabilities: EventLogCapabilities = { driver: 'lmdb', durability: 'process' }
  readonly #environment: LmdbEnvironment
  readonly #writer: LmdbWriter
  readonly #sessionMs: number
  readonly #topics: TopicStore
  readonly #frames: FrameStore
  readonly #groups: GroupStore
  readonly #encoder = new BatchEncoder()
  readonly #consumers: LmdbConsumer[] = []

  constructor(environment: LmdbEnvironment, writer: LmdbWriter, sessionMs: number) {
    this.#environment = environment
    this.#writer = writer
    this.#sessionMs = sessionMs
    this.#topics = new TopicStore(environment)
    this.#frames = new FrameStore(environment)
    this.#groups = new GroupStore(environment)
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const { name, partitions } of topics) this.#topics.ensure(name, partitions)
  }

  async append(name: string, batch: readonly LogRecord[], signal?: AbortSignal): Promise<AppendResult> {
    signal?.throwIfAborted()
    const topic = this.#topics.get(name)
    const { partitions, counts } = this.#encoder.encode(batch, topic.partitions)
    const nextOffsets = new Float64Array(topic.partitions)
    if (batch.length > 0) this.#store(topic.name, nextOffsets, counts)
    const offsets = new Float64Array(batch.length)
    for (let i = 0; i < batch.length; i++) offsets[i] = nextOffsets[partitions[i]!]!++
    return { partitions, offsets }
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const { group, topics, from = 'earliest' } = options
    const stores = { groups: this.#groups, topics: this.#topics, writer: this.#writer }
    for (const topic of topics) this.#topics.get(topic)
    const membership = new GroupMembership(stores, { group, topics, from, sessionMs: this.#sessionMs })
    await membership.join()
    const parts = {
      environment: this.#environment,
      topics: this.#topics,
      frames: this.#frames,
      membership,
    }
    const consumer = new LmdbConsumer(parts, options)
    this.#consumers.push(consumer)
    return consumer
  }

  async read(from: Position, maxRecords: number): Promise<readonly StoredRecord[]> {
    const topic = this.#topics.get(from.topic)
    this.#environment.log.refreshReads()
    const records: StoredRecord[] = []
    new PartitionReader(this.#frames, topic, from).take(this.#topics.heads(topic), maxRecords, records)
    return records
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    this.#environment.log.refreshReads()
    return this.#topics.offsets(this.#topics.get(topic))
  }

  async committed(group: string, topic: string): Promise<readonly Position[]> {
    this.#environment.state.refreshReads()
    const offsets = this.#groups.committed(group, topic, this.#topics.get(topic).partitions)
    return Array.from(offsets, (offset, partition) => ({ topic, partition, offset })).filter(
      (position) => !Number.isNaN(position.offset),
    )
  }

  async retain(topic: string, limits: RetentionLimits): Promise<number> {
    const stores = { log: this.#environment.log, topics: this.#topics, frames: this.#frames }
    return dropOldest(stores, this.#topics.get(topic), limits)
  }

  /** Leaves every group that was joined here; the environment stays open. */
  async close(): Promise<void> {
    for (const consumer of this.#consumers.splice(0)) await consumer.close()
  }

  /** Stores the encoded batch; `bases` gets the offset of each partition's first record. */
  #store(name: string, bases: Float64Array, counts: Uint32Array): void {
    const topic = this.#topics.get(name)
    const timestampMs = Date.now()
    try {
      this.#environment.log.transact(() => {
        const heads = this.#topics.heads(topic)
        for (let partition = 0; partition < counts.length; partition++) {
          if (counts[partition] === 0) continue
          const base = heads.next(partition)
          const frame = this.#encoder.frame(partition, base, timestampMs)
          this.#frames.put(topic, partition, base, frame)
          heads.appended(partition, counts[partition]!, frame.length)
          bases[partition] = base
        }
        this.#topics.putHeads(topic, heads)
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new RepError(
        'REP_LOG_UNAVAILABLE',
        `The event log stored nothing of a batch for ${name}: ${reason}`,
        {
          cause: error,
        },
      )
    }
  }
}
