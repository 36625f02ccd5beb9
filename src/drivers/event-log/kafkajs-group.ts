import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer as Client, EachBatchPayload, Kafka } from 'kafkajs'
import type { RepError } from '../../errors/rep-error.ts'
import type { ConsumeOptions, Position, TopicPartition } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import type { Wakeup } from './kafka-wakeup.ts'
import type { Deliveries } from './kafkajs-deliveries.ts'

const FETCH_BYTES = 2 * 1024 * 1024
const PARTITION_FETCH_BYTES = 512 * 1024
const CLOSE_MS = 2000
// The first group of a cluster waits for the topic of the committed offsets.
const RETRY = { retries: 8, initialRetryTime: 250, maxRetryTime: 1000 }

export interface KafkajsParts {
  readonly kafka: Kafka
  readonly admin: KafkaAdmin
  readonly settings: KafkaSettings
}

/** Where the client's batches go, and who is woken by what happens to the membership. */
export interface KafkajsReader {
  readonly deliveries: Deliveries
  readonly wakeup: Wakeup
}

/**
 * The membership of a kafkajs consumer: starts the client again where it gave up, and knows which partitions the last
 * join brought, and which of them are still held.
 */
export class KafkajsGroup {
  readonly #parts: KafkajsParts
  readonly #options: ConsumeOptions
  readonly #reader: KafkajsReader
  readonly #heartbeat: NodeJS.Timeout
  #client: Client | null = null
  #starting: Promise<void> | null = null
  /** Partitions of the generation that was joined last; empty while none is. */
  #held = new Set<string>()
  /** Joined, but not yet taken over by a poll. */
  #joined: readonly TopicPartition[] | null = null
  /** The client has found out where the partitions that it joined begin. */
  #located = false
  #failure: RepError | null = null
  #left = false

  constructor(parts: KafkajsParts, options: ConsumeOptions, reader: KafkajsReader) {
    this.#parts = parts
    this.#options = options
    this.#reader = reader
    this.#heartbeat = setInterval(() => void this.#beat(), this.#beatMs)
  }

  /** Begins to join, unless the client runs. */
  start(): void {
    if (this.#client === null) this.#starting ??= this.#start()
  }

  /** Partitions that can be taken over; null while there is nothing new. */
  get joined(): readonly TopicPartition[] | null {
    return this.#located ? this.#joined : null
  }

  /** They are taken over; false where there was another join meanwhile. */
  adopt(joined: readonly TopicPartition[]): boolean {
    if (this.#joined !== joined) return false
    this.#joined = null
    return true
  }

  /** Holds nothing until the next join. */
  release(): void {
    this.#held.clear()
  }

  /** What ended the reading since the last call. */
  takeFailure(): RepError | null {
    const failure = this.#failure
    this.#failure = null
    return failure
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#client?.pause(partitions.map((at) => this.#topicOf(at)))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#client?.resume(partitions.map((at) => this.#topicOf(at)))
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const { group } = this.#options
    if (positions.length === 0) return
    // The client would commit what belongs to others now, in the name of its new generation.
    for (const { topic, partition } of positions) {
      if (!this.#held.has(`${topic}/${partition}`)) {
        throw fenced(group, `partition ${topic}/${partition} is another member's`)
      }
    }
    const offsets = positions.map(({ topic, partition, offset }) => ({
      topic: this.#parts.settings.prefix + topic,
      partition,
      offset: String(offset),
    }))
    // Without a running client, whose commit would do nothing and say nothing, nothing is held.
    try {
      await this.#client!.commitOffsets(offsets)
    } catch (error) {
      if (!isFenced(error)) throw unavailable(`group ${group} could not commit`, error)
      this.#held.clear()
      throw fenced(group, 'this member was taken for dead, its partitions went to others', error)
    }
  }

  /** Holds nothing any more, at once; resolves when the client has left, or has had its time. */
  async leave(): Promise<void> {
    this.#left = true
    clearInterval(this.#heartbeat)
    this.#held.clear()
    const left = (async () => {
      await this.#starting
      await this.#client?.disconnect()
    })()
    // A client that is joining leaves only when the others have joined too; they may be waiting for this call.
    const timeout = new AbortController()
    await Promise.race([left, sleep(CLOSE_MS, undefined, { signal: timeout.signal }).catch(() => undefined)])
    timeout.abort()
  }

  get #beatMs(): number {
    return Math.min(3000, this.#parts.settings.sessionMs / 3)
  }

  #topicOf({ topic, partition }: TopicPartition): { topic: string; partitions: number[] } {
    return { topic: this.#parts.settings.prefix + topic, partitions: [partition] }
  }

  async #start(): Promise<void> {
    const { kafka, settings, admin } = this.#parts
    const { prefix } = settings
    const topics = this.#options.topics
    const client = kafka.consumer({
      groupId: prefix + this.#options.group,
      sessionTimeout: settings.sessionMs,
      rebalanceTimeout: settings.rebalanceMs,
      heartbeatInterval: this.#beatMs,
      maxWaitTimeInMs: settings.fetchWaitMs,
      minBytes: settings.fetchMinBytes,
      maxBytes: FETCH_BYTES,
      maxBytesPerPartition: PARTITION_FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: RETRY,
    })
    this.#listen(client)
    this.#client = client
    try {
      await client.connect()
      const fromBeginning = this.#options.from !== 'latest'
      await client.subscribe({ topics: topics.map((topic) => prefix + topic), fromBeginning })
      let partitions = 0
      for (const topic of topics) partitions += await admin.partitions(topic)
      await client.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        // A handler that waits to be polled must not hold up those of other partitions.
        partitionsConsumedConcurrently: partitions,
        eachBatch: (payload: EachBatchPayload) => this.#reader.deliveries.deliver(payload),
      })
    } catch (error) {
      this.#fail(error, false)
    } finally {
      this.#starting = null
    }
  }

  #listen(client: Client): void {
    const { prefix } = this.#parts.settings
    client.on(client.events.REBALANCING, () => this.#held.clear())
    client.on(client.events.GROUP_JOIN, ({ payload }) => {
      this.#joined = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic: topic.slice(prefix.length), partition })),
      )
      this.#held = new Set(this.#joined.map(({ topic, partition }) => `${topic}/${partition}`))
      this.#located = false
    })
    client.on(client.events.FETCH, () => {
      if (this.#joined === null || this.#located) return
      this.#located = true
      this.#reader.wakeup.notify()
    })
    client.on(client.events.CRASH, ({ payload }) => this.#fail(payload.error, payload.restart))
  }

  /** @param restarts true when the client starts again by itself */
  #fail(error: unknown, restarts: boolean): void {
    const { deliveries, wakeup } = this.#reader
    this.#held.clear()
    deliveries.end()
    if (this.#left) return
    const client = this.#client
    if (!restarts) {
      this.#client = null
      void client?.disconnect()
    }
    this.#failure = unavailable(`group ${this.#options.group} stopped reading`, error)
    wakeup.notify()
  }

  /** The client sends no heartbeats of its own while handlers wait. */
  async #beat(): Promise<void> {
    try {
      await this.#reader.deliveries.heartbeat()
    } catch (error) {
      if (isFenced(error)) this.#held.clear()
    }
  }
}

/** True for an answer of the broker that this member is none any more. */
function isFenced(error: unknown): boolean {
  const { type } = error as { type?: string }
  return type === 'ILLEGAL_GENERATION' || type === 'UNKNOWN_MEMBER_ID' || type === 'REBALANCE_IN_PROGRESS'
}
