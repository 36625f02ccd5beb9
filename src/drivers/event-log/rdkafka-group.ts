import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumeOptions, Position, TopicPartition } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import type {
  RdkafkaConfig,
  RdkafkaConsumer,
  RdkafkaError,
  RdkafkaModule,
  RdkafkaPartition,
} from './rdkafka-module.ts'

// A wait for messages takes a thread of the pool that all file access shares: it is short, and JavaScript's timers
// do the rest of the waiting.
const CONSUME_MS = 2
const MIN_SESSION_BEATS = 3

export interface RdkafkaParts {
  readonly module: RdkafkaModule
  readonly config: RdkafkaConfig
  readonly admin: KafkaAdmin
  readonly settings: KafkaSettings
}

/** Partitions that come or go, and wait for an answer. */
export interface Rebalance {
  readonly assign: boolean
  readonly partitions: readonly TopicPartition[]
}

/**
 * The membership of a node-rdkafka consumer: its client, the rebalances that wait for an answer, and commits.
 * librdkafka calls back only while its consumer is served.
 */
export class RdkafkaGroup {
  readonly client: RdkafkaConsumer
  /** Oldest first. */
  readonly rebalances: Rebalance[] = []
  readonly #parts: RdkafkaParts
  readonly #options: ConsumeOptions
  #connected: Promise<void> | null = null
  #committing: Promise<void> = Promise.resolve()
  #committed: ((error: RdkafkaError | undefined) => void) | null = null

  constructor(parts: RdkafkaParts, options: ConsumeOptions) {
    this.#parts = parts
    this.#options = options
    this.client = new parts.module.KafkaConsumer(this.#config(), {
      'auto.offset.reset': options.from ?? 'earliest',
    })
  }

  connect(): Promise<void> {
    this.#connected ??= new Promise<void>((resolve, reject) => {
      const { settings } = this.#parts
      this.client.connect({ timeout: settings.requestTimeoutMs }, (error) => {
        if (error) {
          this.#connected = null
          reject(unavailable(`group ${this.#options.group} could not connect`, error))
          return
        }
        this.client.setDefaultConsumeTimeout(CONSUME_MS)
        this.client.subscribe(this.#options.topics.map((topic) => settings.prefix + topic))
        resolve()
      })
    })
    return this.#connected
  }

  /** Resolves when no connecting is under way; false where there never was any. */
  async connectingEnded(): Promise<boolean> {
    if (this.#connected === null) return false
    await this.#connected.catch(() => undefined)
    return true
  }

  assign(positions: readonly Position[]): void {
    this.client.incrementalAssign(this.#named(positions))
  }

  unassign(partitions: readonly TopicPartition[]): void {
    this.client.incrementalUnassign(this.#named(partitions))
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.client.pause(this.#named(partitions))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.client.resume(this.#named(partitions))
  }

  /** One commit after the other; `serve` serves the consumer, so that the answer can come. */
  async commit(positions: readonly Position[], serve: () => Promise<void>): Promise<void> {
    const before = this.#committing
    this.#committing = before.catch(() => undefined).then(() => this.#commit(positions, serve))
    await this.#committing
  }

  async leave(): Promise<void> {
    if (!this.client.isConnected()) return
    // A closing member says that it gave up its partitions, which it does here for good.
    let left = false
    const disconnected = new Promise<void>((resolve) => {
      this.client.disconnect(() => {
        left = true
        resolve()
      })
    })
    while (!left) {
      for (const { assign } of this.rebalances.splice(0)) if (!assign) this.client.unassign()
      await Promise.race([disconnected, sleep(5)])
    }
  }

  #config(): RdkafkaConfig {
    const { module, config, settings } = this.#parts
    const { sessionMs, rebalanceMs, fetchWaitMs, fetchMinBytes } = settings
    return {
      ...config,
      'group.id': settings.prefix + this.#options.group,
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
        this.rebalances.push({
          assign: error?.code === module.CODES.ERRORS.ERR__ASSIGN_PARTITIONS,
          partitions: partitions.map(({ topic, partition }) => ({
            topic: topic.slice(settings.prefix.length),
            partition,
          })),
        }),
      offset_commit_cb: (error: RdkafkaError | undefined) => this.#committed?.(error),
    }
  }

  /** As the broker names them. */
  #named<T extends TopicPartition>(places: readonly T[]): T[] {
    const { prefix } = this.#parts.settings
    return places.map((place) => ({ ...place, topic: prefix + place.topic }))
  }

  async #commit(positions: readonly Position[], serve: () => Promise<void>): Promise<void> {
    const { group } = this.#options
    const deadlineMs = performance.now() + this.#parts.settings.requestTimeoutMs * 2
    let outcome: { error: RdkafkaError | undefined } | null = null
    this.#committed = (error) => {
      outcome = { error }
    }
    try {
      this.client.commit(this.#named(positions))
      while (outcome === null && performance.now() < deadlineMs) await serve()
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
}
