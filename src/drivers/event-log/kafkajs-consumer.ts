import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer as Client, EachBatchPayload, Kafka } from 'kafkajs'
import { RepError } from '../../errors/rep-error.ts'
import type { ConsumeOptions, Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PartitionQueues } from './kafka-partition-queues.ts'
import { startPositions } from './kafka-start-positions.ts'
import { Wakeup } from './kafka-wakeup.ts'
import { Deliveries } from './kafkajs-deliveries.ts'

type TopicPartition = { readonly topic: string; readonly partition: number }

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

/**
 * A member of a group on kafkajs, which pushes batches and joins again by itself. Its handlers are held back until
 * what they brought was polled and settled; with that a rebalance waits for the caller too, as the client fetches,
 * and learns of rebalances, only between handlers. It is not cooperative: every rebalance begins all partitions
 * anew, at what was committed.
 */
export class KafkajsConsumer implements Consumer {
  readonly #parts: KafkajsParts
  readonly #options: ConsumeOptions
  readonly #queues = new PartitionQueues()
  readonly #wakeup = new Wakeup()
  readonly #deliveries: Deliveries
  readonly #heartbeat: NodeJS.Timeout
  #client: Client | null = null
  #starting: Promise<void> | null = null
  /** Partitions of the generation that was joined last; empty while none is. */
  #held = new Set<string>()
  /** Joined, but not yet taken over by a poll. */
  #joined: TopicPartition[] | null = null
  /** The client has found out where the partitions that it joined begin. */
  #located = false
  #failure: RepError | null = null
  #closed: Promise<void> | null = null

  constructor(parts: KafkajsParts, options: ConsumeOptions) {
    this.#parts = parts
    this.#options = options
    this.#deliveries = new Deliveries(this.#queues, parts.settings.prefix, () => this.#wakeup.notify())
    this.#heartbeat = setInterval(() => void this.#beat(), this.#beatMs)
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    if (this.#closed !== null) {
      throw new RepError('REP_INTERNAL', `Group ${this.#options.group}: poll after close.`)
    }
    const deadlineMs = performance.now() + maxWaitMs
    this.#deliveries.settle()
    for (;;) {
      signal?.throwIfAborted()
      if (this.#client === null) this.#starting ??= this.#start()
      await this.#adopt()
      const records = this.#queues.take(this.#options.maxRecords)
      if (records.length > 0) return records
      const failure = this.#failure
      this.#failure = null
      if (failure !== null) throw failure
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0 || this.#closed !== null) return records
      await this.#wakeup.wait(leftMs, signal)
      this.#deliveries.settle()
    }
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

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions, false)) this.#client?.pause([this.#topicOf(at)])
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions, true)) this.#client?.resume([this.#topicOf(at)])
    this.#wakeup.notify()
  }

  assignment(): readonly TopicPartition[] {
    return this.#queues.all.map(({ topic, partition }) => ({ topic, partition }))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#held.clear()
    this.#queues.keepOnly(() => false)
    this.#deliveries.end()
    this.#wakeup.notify()
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

  /** Sets the queues' flag; returns the partitions that are this member's. */
  #known(partitions: readonly TopicPartition[], reads: boolean): TopicPartition[] {
    return partitions.filter(({ topic, partition }) => {
      const queue = this.#queues.get(topic, partition)
      if (queue !== undefined) queue.paused = !reads
      return queue !== undefined
    })
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
        eachBatch: (payload: EachBatchPayload) => this.#deliveries.deliver(payload),
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
      this.#wakeup.notify()
    })
    client.on(client.events.CRASH, ({ payload }) => this.#fail(payload.error, payload.restart))
  }

  /** @param restarts true when the client starts again by itself */
  #fail(error: unknown, restarts: boolean): void {
    this.#held.clear()
    this.#deliveries.end()
    if (this.#closed !== null) return
    const client = this.#client
    if (!restarts) {
      this.#client = null
      void client?.disconnect()
    }
    this.#failure = unavailable(`group ${this.#options.group} stopped reading`, error)
    this.#wakeup.notify()
  }

  /** Takes over the partitions of the last join; all of them begin anew. */
  async #adopt(): Promise<void> {
    if (this.#deliveries.interrupted) {
      this.#held.clear()
      this.#queues.keepOnly(() => false)
      this.#deliveries.interrupt()
    }
    if (this.#joined === null || !this.#located) return
    const { group, from = 'earliest', onAssigned } = this.#options
    const joined = this.#joined
    const positions = await startPositions(this.#parts.admin, group, { partitions: joined, from })
    await onAssigned?.(positions)
    if (this.#joined !== joined) return
    this.#joined = null
    const paused = new Set(this.#queues.all.filter((queue) => queue.paused).map(placeOf))
    this.#queues.keepOnly(() => false)
    for (const position of positions) this.#queues.add(position)
    for (const queue of this.#queues.all) queue.paused = paused.has(placeOf(queue))
    this.#client?.resume(this.#queues.all.filter((queue) => !queue.paused).map((at) => this.#topicOf(at)))
    this.#deliveries.enqueue()
  }

  /** The client sends no heartbeats of its own while handlers wait. */
  async #beat(): Promise<void> {
    try {
      await this.#deliveries.heartbeat()
    } catch (error) {
      if (isFenced(error)) this.#held.clear()
    }
  }
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** True for an answer of the broker that this member is none any more. */
function isFenced(error: unknown): boolean {
  const { type } = error as { type?: string }
  return type === 'ILLEGAL_GENERATION' || type === 'UNKNOWN_MEMBER_ID' || type === 'REBALANCE_IN_PROGRESS'
}
