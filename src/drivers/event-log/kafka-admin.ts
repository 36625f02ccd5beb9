import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, findErrorBy, ListOffsetTimestamps } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import type { PartitionOffsets, Position } from '../../ports/event-log.ts'
import { unavailable, unknownTopic } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'

/** Largest batch of one partition, bytes: Kafka's own default of 1 MB is little for documents and dead letters. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024
const MOST_COPIES = 3
const TOPIC_READY_MS = 15_000

/**
 * Topics and offsets of a cluster, whichever client appends and consumes. Names are rep's; the prefix that they
 * have in the cluster is put on here.
 */
export class KafkaAdmin {
  readonly #admin: Admin
  readonly #settings: KafkaSettings
  readonly #partitions = new Map<string, number>()

  constructor(settings: KafkaSettings) {
    this.#settings = settings
    this.#admin = new Admin(platformaticOptions(settings))
  }

  /** How many copies a topic gets that is created here. Rejects with REP_LOG_UNAVAILABLE. */
  async copies(): Promise<number> {
    if (this.#settings.replication !== null) return this.#settings.replication
    const { brokers } = await this.#ask('the brokers', () => this.#admin.metadata({ topics: [] }))
    return Math.min(MOST_COPIES, brokers.size)
  }

  /** Creates what is missing; throws REP_LOG_TOPIC where a topic has another number of partitions. */
  async ensureTopics(topics: readonly { name: string; partitions: number }[]): Promise<void> {
    const copies = await this.copies()
    for (const { name, partitions } of topics) {
      const found = (await this.#partitionsNow(name)) ?? (await this.#create(name, partitions, copies))
      if (found === partitions) continue
      throw new RepError(
        'REP_LOG_TOPIC',
        `Topic ${name} has ${found} partitions, but ${partitions} are asked for. Use another cluster or prefix, or ask for ${found}.`,
      )
    }
  }

  /** Partitions of a topic where they are known already. */
  knownPartitions(name: string): number | undefined {
    return this.#partitions.get(name)
  }

  /** Partitions of a topic; throws REP_LOG_TOPIC where there is none of this name. */
  async partitions(name: string): Promise<number> {
    const count = this.#partitions.get(name) ?? (await this.#partitionsNow(name))
    if (count === null) throw unknownTopic(name)
    return count
  }

  async offsets(name: string): Promise<PartitionOffsets[]> {
    const earliest = await this.offsetsAt(name, ListOffsetTimestamps.EARLIEST)
    const latest = await this.offsetsAt(name, ListOffsetTimestamps.LATEST)
    return earliest.map((offset, partition) => ({
      topic: name,
      partition,
      earliest: offset,
      latest: latest[partition]!,
    }))
  }

  /** By partition: the first offset whose record is not older than a time (ms since the epoch), -1 for none. */
  async offsetsAt(name: string, timestamp: bigint): Promise<number[]> {
    const count = await this.partitions(name)
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
    const [topic] = await this.#ask(`the offsets of ${name}`, () =>
      this.#admin.listOffsets({ topics: [{ name: this.#full(name), partitions }] }),
    )
    const offsets = new Array<number>(count).fill(-1)
    for (const { partitionIndex, offset } of topic!.partitions) offsets[partitionIndex] = Number(offset)
    return offsets
  }

  /** Committed next offsets; partitions without one are absent. */
  async committed(group: string, topic: string): Promise<Position[]> {
    const count = await this.partitions(topic)
    const partitionIndexes = Array.from({ length: count }, (_, partition) => partition)
    const groups = await this.#ask(`the offsets of group ${group}`, () =>
      this.#admin.listConsumerGroupOffsets({
        groups: [{ groupId: this.#full(group), topics: [{ name: this.#full(topic), partitionIndexes }] }],
      }),
    )
    const found = groups[0]?.topics.find(({ name }) => name === this.#full(topic))?.partitions ?? []
    return found
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map((at) => ({ topic, partition: at.partitionIndex, offset: Number(at.committedOffset) }))
      .sort((a, b) => a.partition - b.partition)
  }

  /** Which of these groups have members, or had some until lately that may still believe that they are. */
  async groupsWithMembers(groups: readonly string[]): Promise<string[]> {
    const states = await this.#ask('the states of groups', () => this.#admin.listGroups())
    return groups.filter((group) => {
      const state = states.get(this.#full(group))?.state.toUpperCase()
      return state !== undefined && state !== 'EMPTY' && state !== 'DEAD'
    })
  }

  /** Deletes the topics that are there, and resolves when they are gone; their groups' offsets go with them. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    const found: string[] = []
    for (const name of names) if ((await this.#partitionsNow(name)) !== null) found.push(name)
    if (found.length === 0) return
    await this.#ask(`deleting ${found.join(', ')}`, () =>
      this.#admin.deleteTopics({ topics: found.map((name) => this.#full(name)) }),
    )
    const deadlineMs = performance.now() + TOPIC_READY_MS
    for (const name of found) {
      while ((await this.#partitionsNow(name)) !== null) {
        if (performance.now() > deadlineMs)
          throw unavailable(`topic ${name}`, 'it was still there after 15 s')
        await sleep(20)
      }
      this.#partitions.delete(name)
    }
  }

  /** Drops the records before these offsets. */
  async deleteBefore(name: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    if (offsets.size === 0) return
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: BigInt(offset) }))
    await this.#ask(`dropping records of ${name}`, () =>
      this.#admin.deleteRecords({ topics: [{ name: this.#full(name), partitions }] }),
    )
  }

  async close(): Promise<void> {
    await this.#admin.close()
  }

  #full(name: string): string {
    return this.#settings.prefix + name
  }

  async #create(name: string, partitions: number, replicas: number): Promise<number> {
    const configs = [{ name: 'max.message.bytes', value: String(MAX_BATCH_BYTES) }]
    try {
      await this.#admin.createTopics({
        topics: [{ topic: this.#full(name), partitions, replicas }],
        configs,
      })
    } catch (error) {
      // Another process was faster: what it created is looked at below.
      if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS') === null) {
        throw unavailable(`topic ${name} could not be created`, error)
      }
    }
    const deadlineMs = performance.now() + TOPIC_READY_MS
    for (;;) {
      const found = await this.#partitionsNow(name)
      if (found !== null) return found
      if (performance.now() > deadlineMs) throw unavailable(`topic ${name}`, 'it got no leader in 15 s')
      await sleep(20)
    }
  }

  /** As the brokers know it now; null where there is no such topic, or not every partition has a leader yet. */
  async #partitionsNow(name: string): Promise<number | null> {
    let partitions: readonly { leader: number }[]
    try {
      const full = this.#full(name)
      const metadata = await this.#admin.metadata({ topics: [full], forceUpdate: true, retries: 0 })
      partitions = metadata.topics.get(full)?.partitions ?? []
    } catch (error) {
      if (isUnknownTopic(error)) return null
      throw unavailable(`topic ${name}`, error)
    }
    if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0)) return null
    this.#partitions.set(name, partitions.length)
    return partitions.length
  }

  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw unavailable(what, error)
    }
  }
}

/** The client says so with a message alone. */
function isUnknownTopic(error: unknown): boolean {
  return error instanceof Error && /^Unknown topic /.test(error.message)
}
