import { RepError } from '../../errors/rep-error.ts'
import type {
  ConsumeOptions,
  Consumer,
  Position,
  StoredRecord,
  TopicPartition,
} from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PartitionQueues } from './kafka-partition-queues.ts'
import { startPositions } from './kafka-start-positions.ts'
import { Wakeup } from './kafka-wakeup.ts'
import { PlatformaticFetch } from './platformatic-fetch.ts'
import { PlatformaticFetchLoop } from './platformatic-fetch-loop.ts'
import { PlatformaticMembership } from './platformatic-membership.ts'

// Together they bound what a consumer keeps that was not polled: about two fetches of each broker. Under a backlog
// all of it is live when garbage is collected, so more than a few polls' worth costs more than it saves.
const FETCH_BYTES = 512 * 1024
const PARTITION_FETCH_BYTES = 128 * 1024

/** A member of a group on @platformatic/kafka. */
export class PlatformaticConsumer implements Consumer {
  readonly #admin: KafkaAdmin
  readonly #options: ConsumeOptions
  readonly #queues = new PartitionQueues()
  readonly #wakeup = new Wakeup()
  readonly #membership: PlatformaticMembership
  readonly #fetch: PlatformaticFetch
  readonly #loop: PlatformaticFetchLoop
  /** Assigned, but not yet told to `onAssigned`. */
  #untold: TopicPartition[] = []
  #closed: Promise<void> | null = null

  constructor(admin: KafkaAdmin, settings: KafkaSettings, options: ConsumeOptions) {
    const { group, topics, maxRecords, from = 'earliest' } = options
    const onChange = () => this.#wakeup.notify()
    this.#admin = admin
    this.#options = options
    this.#membership = new PlatformaticMembership({ admin, settings, group, topics, onChange })
    this.#fetch = new PlatformaticFetch(settings)
    this.#loop = new PlatformaticFetchLoop({
      queues: this.#queues,
      fetch: this.#fetch,
      admin,
      from,
      prefetchRecords: maxRecords,
      limits: {
        maxWaitMs: settings.fetchWaitMs,
        minBytes: settings.fetchMinBytes,
        maxBytes: FETCH_BYTES,
        partitionBytes: PARTITION_FETCH_BYTES,
      },
      onChange,
    })
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    if (this.#closed !== null)
      throw new RepError('REP_INTERNAL', `Group ${this.#options.group}: poll after close.`)
    const deadlineMs = performance.now() + maxWaitMs
    for (;;) {
      signal?.throwIfAborted()
      await this.#adopt()
      const records = this.#queues.take(this.#options.maxRecords)
      void this.#loop.pump()
      if (records.length > 0) return records
      const { failure } = this.#loop
      if (failure !== null) throw failure
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0 || this.#closed !== null) return records
      await this.#wakeup.wait(leftMs, signal)
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (positions.length > 0) await this.#membership.commit(positions)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, false)
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
    this.#queues.keepOnly(() => false)
    this.#loop.close()
    this.#wakeup.notify()
    await Promise.all([this.#membership.leave(), this.#fetch.close()])
  }

  #setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const { topic, partition } of partitions) {
      const queue = this.#queues.get(topic, partition)
      if (queue !== undefined) queue.paused = paused
    }
  }

  /** Lets partitions go and come; all that was polled before is settled. */
  async #adopt(): Promise<void> {
    if (this.#membership.tend()) {
      const { held } = this.#membership
      this.#queues.keepOnly((topic, partition) => held.get(topic)?.includes(partition) ?? false)
      this.#untold = [...held].flatMap(([topic, partitions]) =>
        partitions
          .filter((partition) => this.#queues.get(topic, partition) === undefined)
          .map((partition) => ({ topic, partition })),
      )
    }
    if (this.#untold.length === 0) return
    const { group, from = 'earliest', onAssigned } = this.#options
    const positions = await startPositions(this.#admin, group, { partitions: this.#untold, from })
    await onAssigned?.(positions)
    for (const position of positions) this.#queues.add(position)
    this.#untold = []
  }
}
