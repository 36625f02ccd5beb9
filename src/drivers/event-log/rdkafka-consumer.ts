import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type { ConsumeOptions, Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import { DUE_HEADER, decodeDue, namedHeaders } from './kafka-headers.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PartitionQueues } from './kafka-partition-queues.ts'
import { startPositions } from './kafka-start-positions.ts'
import type {
  RdkafkaConfig,
  RdkafkaConsumer,
  RdkafkaError,
  RdkafkaMessage,
  RdkafkaModule,
  RdkafkaPartition,
} from './rdkafka-module.ts'

type TopicPartition = { readonly topic: string; readonly partition: number }

// A wait for messages takes a thread of the pool that all file access shares: it is short, and JavaScript's timers
// do the rest of the waiting.
const CONSUME_MS = 2
const LONGEST_WAIT_MS = 5
// librdkafka gives out one partition's fetch after the other: only among more than one poll's there is a choice.
const READ_AHEAD_RECORDS = 1000
const MIN_SESSION_BEATS = 3
const EMPTY = Buffer.alloc(0)

export interface RdkafkaParts {
  readonly module: RdkafkaModule
  readonly config: RdkafkaConfig
  readonly admin: KafkaAdmin
  readonly settings: KafkaSettings
}

interface Rebalance {
  readonly assign: boolean
  readonly partitions: readonly TopicPartition[]
}

/**
 * A member of a group on node-rdkafka, cooperative. librdkafka says which partitions come and go and waits for an
 * answer, which it gets in the next poll: when all that was polled is settled.
 */
export class RdkafkaLogConsumer implements Consumer {
  readonly #parts: RdkafkaParts
  readonly #options: ConsumeOptions
  readonly #queues = new PartitionQueues()
  readonly #client: RdkafkaConsumer
  readonly #rebalances: Rebalance[] = []
  #connected: Promise<void> | null = null
  #consuming: Promise<void> | null = null
  #committing: Promise<void> = Promise.resolve()
  #committed: ((error: RdkafkaError | undefined) => void) | null = null
  #failure: RepError | null = null
  #closed: Promise<void> | null = null

  constructor(parts: RdkafkaParts, options: ConsumeOptions) {
    const { module, config, settings } = parts
    this.#parts = parts
    this.#options = options
    const { sessionMs, rebalanceMs, fetchWaitMs, fetchMinBytes } = settings
    const { ERRORS } = module.CODES
    this.#client = new module.KafkaConsumer(
      {
        ...config,
        'group.id': settings.prefix + options.group,
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'partition.assignment.strategy': 'cooperative-sticky',
        'session.timeout.ms': sessionMs,
        'heartbeat.interval.ms': Math.min(3000, sessionMs / MIN_SESSION_BEATS),
        // How long a member may take to answer a rebalance.
        'max.poll.interval.ms': Math.max(rebalanceMs, sessionMs),
        'fetch.wait.max.ms': fetchWaitMs,
        'fetch.min.bytes': fetchMinBytes,
        'fetch.message.max.bytes': 512 * 1024,
        'queued.max.messages.kbytes': 8192,
        // How long a partition rests whose queue is full: the default of 1 s is most of the time with large values.
        'fetch.queue.backoff.ms': 10,
        'enable.partition.eof': true,
        rebalance_cb: (error: RdkafkaError | undefined, partitions: readonly RdkafkaPartition[]) =>
          this.#rebalances.push({
            assign: error?.code === ERRORS.ERR__ASSIGN_PARTITIONS,
            partitions: partitions.map(({ topic, partition }) => ({
              topic: topic.slice(settings.prefix.length),
              partition,
            })),
          }),
        offset_commit_cb: (error: RdkafkaError | undefined) => this.#committed?.(error),
      },
      { 'auto.offset.reset': options.from ?? 'earliest' },
    )
    // Broken connections are mended by librdkafka.
    this.#client.on('event.error', (error: RdkafkaError) => {
      if (error.code === ERRORS.ERR__ALL_BROKERS_DOWN) this.#failure = unavailable('fetching failed', error)
    })
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    const { group, maxRecords } = this.#options
    if (this.#closed !== null) throw new RepError('REP_INTERNAL', `Group ${group}: poll after close.`)
    const deadlineMs = performance.now() + maxWaitMs
    await this.#connect()
    for (let waitMs = 0; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs + 1)) {
      signal?.throwIfAborted()
      await this.#answerRebalances()
      if (this.#queues.buffered < maxRecords) await this.#consume()
      signal?.throwIfAborted()
      const records = this.#queues.take(maxRecords)
      if (records.length > 0) return records
      const failure = this.#failure
      this.#failure = null
      if (failure !== null) throw failure
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0 || this.#closed !== null) return records
      if (this.#rebalances.length === 0) await abortable(Math.min(leftMs, waitMs), signal)
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return
    for (const { topic, partition } of positions) {
      if (this.#queues.get(topic, partition) !== undefined) continue
      throw fenced(this.#options.group, `partition ${topic}/${partition} is another member's`)
    }
    const before = this.#committing
    this.#committing = before.catch(() => undefined).then(() => this.#commit(positions))
    await this.#committing
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#client.pause(this.#known(partitions, true))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#client.resume(this.#known(partitions, false))
  }

  assignment(): readonly TopicPartition[] {
    return this.#queues.all.map(({ topic, partition }) => ({ topic, partition }))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (this.#connected === null) return
    await this.#connected.catch(() => undefined)
    await this.#consuming
    this.#queues.keepOnly(() => false)
    if (!this.#client.isConnected()) return
    // A closing member says that it gave up its partitions, which it does here for good.
    let left = false
    const disconnected = new Promise<void>((resolve) => {
      this.#client.disconnect(() => {
        left = true
        resolve()
      })
    })
    while (!left) {
      for (const { assign } of this.#rebalances.splice(0)) if (!assign) this.#client.unassign()
      await Promise.race([disconnected, sleep(5)])
    }
  }

  #connect(): Promise<void> {
    this.#connected ??= new Promise<void>((resolve, reject) => {
      const { settings } = this.#parts
      this.#client.connect({ timeout: settings.requestTimeoutMs }, (error) => {
        if (error) {
          this.#connected = null
          reject(unavailable(`group ${this.#options.group} could not connect`, error))
          return
        }
        this.#client.setDefaultConsumeTimeout(CONSUME_MS)
        this.#client.subscribe(this.#options.topics.map((topic) => settings.prefix + topic))
        resolve()
      })
    })
    return this.#connected
  }

  /** Lets partitions go and come; all that was polled before is settled. */
  async #answerRebalances(): Promise<void> {
    const { admin, settings } = this.#parts
    const { group, from = 'earliest', onAssigned } = this.#options
    for (let next = this.#rebalances[0]; next !== undefined; next = this.#rebalances[0]) {
      const { assign, partitions } = next
      if (assign) {
        const positions = await startPositions(admin, group, { partitions, from })
        if (positions.length > 0) await onAssigned?.(positions)
        for (const position of positions) this.#queues.add(position)
        this.#client.incrementalAssign(
          positions.map(({ topic, partition, offset }) => ({
            topic: settings.prefix + topic,
            partition,
            offset,
          })),
        )
      } else {
        const gone = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`))
        this.#queues.keepOnly((topic, partition) => !gone.has(`${topic}/${partition}`))
        this.#client.incrementalUnassign(
          partitions.map(({ topic, partition }) => ({ topic: settings.prefix + topic, partition })),
        )
      }
      this.#rebalances.shift()
    }
  }

  /** Takes what librdkafka has fetched; its callbacks come only while this is under way. */
  #consume(): Promise<void> {
    this.#consuming ??= new Promise<void>((resolve) => {
      this.#client.consume(Math.max(READ_AHEAD_RECORDS, this.#options.maxRecords), (error, messages = []) => {
        this.#consuming = null
        if (error) this.#failure = unavailable('fetching failed', error)
        this.#enqueue(messages)
        resolve()
      })
    })
    return this.#consuming
  }

  #enqueue(messages: readonly RdkafkaMessage[]): void {
    const { prefix } = this.#parts.settings
    for (const group of Map.groupBy(messages, (at) => `${at.topic}/${at.partition}`).values()) {
      const { topic, partition } = group[0]!
      const queue = this.#queues.get(topic.slice(prefix.length), partition)
      if (queue === undefined) continue
      const records = group.map((message) => storedRecord(message, queue.topic))
      this.#queues.push(queue, records)
    }
  }

  async #commit(positions: readonly Position[]): Promise<void> {
    const { prefix } = this.#parts.settings
    const { group } = this.#options
    const deadlineMs = performance.now() + this.#parts.settings.requestTimeoutMs * 2
    let outcome: { error: RdkafkaError | undefined } | null = null
    this.#committed = (error) => {
      outcome = { error }
    }
    try {
      this.#client.commit(
        positions.map(({ topic, partition, offset }) => ({ topic: prefix + topic, partition, offset })),
      )
      while (outcome === null && performance.now() < deadlineMs) await this.#consume()
    } catch (error) {
      throw unavailable(`group ${group} could not commit`, error)
    } finally {
      this.#committed = null
    }
    const { error } = (outcome as { error: RdkafkaError | undefined } | null) ?? {
      error: new Error('timed out'),
    }
    if (error === undefined) return
    if (this.#isFenced(error)) {
      throw fenced(group, 'this member was taken for dead, its partitions went to others', error)
    }
    throw unavailable(`group ${group} could not commit`, error)
  }

  #isFenced(error: Error): boolean {
    const { ERRORS } = this.#parts.module.CODES
    const { code } = error as Partial<RdkafkaError>
    return code === ERRORS.ERR_ILLEGAL_GENERATION || code === ERRORS.ERR_UNKNOWN_MEMBER_ID
  }

  #known(partitions: readonly TopicPartition[], paused: boolean): RdkafkaPartition[] {
    const known: RdkafkaPartition[] = []
    for (const { topic, partition } of partitions) {
      const queue = this.#queues.get(topic, partition)
      if (queue === undefined) continue
      queue.paused = paused
      known.push({ topic: this.#parts.settings.prefix + topic, partition })
    }
    return known
  }
}

async function abortable(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    // The caller looks at the signal.
    if (!signal?.aborted) throw error
  }
}

function storedRecord(message: RdkafkaMessage, topic: string): StoredRecord {
  const { partition, offset, timestamp, headers } = message
  const key = message.key ?? EMPTY
  const value = message.value ?? EMPTY
  let dueUs = 0
  const named: [string, Uint8Array][] = []
  for (const header of headers ?? []) {
    for (const [name, bytes] of Object.entries(header)) {
      if (name === DUE_HEADER) dueUs = decodeDue(bytes)
      else named.push([name, bytes ?? EMPTY])
    }
  }
  const record = { key, value, dueUs, topic, partition, offset, timestampMs: timestamp }
  return named.length === 0 ? record : { ...record, headers: namedHeaders(named) }
}
