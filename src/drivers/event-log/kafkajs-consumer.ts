import { RepError } from '../../errors/rep-error.ts'
import type {
  ConsumeOptions,
  Consumer,
  Position,
  StoredRecord,
  TopicPartition,
} from '../../ports/event-log.ts'
import { PartitionQueues } from './kafka-partition-queues.ts'
import { startPositions } from './kafka-start-positions.ts'
import { Wakeup } from './kafka-wakeup.ts'
import { Deliveries } from './kafkajs-deliveries.ts'
import { KafkajsGroup, type KafkajsParts } from './kafkajs-group.ts'

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
  readonly #group: KafkajsGroup
  #closed: Promise<void> | null = null

  constructor(parts: KafkajsParts, options: ConsumeOptions) {
    this.#parts = parts
    this.#options = options
    this.#deliveries = new Deliveries(this.#queues, parts.settings.prefix, () => this.#wakeup.notify())
    const reader = { deliveries: this.#deliveries, wakeup: this.#wakeup }
    this.#group = new KafkajsGroup(parts, options, reader)
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    if (this.#closed !== null) {
      throw new RepError('REP_INTERNAL', `Group ${this.#options.group}: poll after close.`)
    }
    const deadlineMs = performance.now() + maxWaitMs
    this.#deliveries.settle()
    for (;;) {
      signal?.throwIfAborted()
      this.#group.start()
      await this.#adopt()
      const records = this.#queues.take(this.#options.maxRecords)
      if (records.length > 0) return records
      const failure = this.#group.takeFailure()
      if (failure !== null) throw failure
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0 || this.#closed !== null) return records
      await this.#wakeup.wait(leftMs, signal)
      this.#deliveries.settle()
    }
  }

  commit(positions: readonly Position[]): Promise<void> {
    return this.#group.commit(positions)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions, false)) this.#group.pause([at])
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of this.#known(partitions, true)) this.#group.resume([at])
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
    const left = this.#group.leave()
    this.#queues.keepOnly(() => false)
    this.#deliveries.end()
    this.#wakeup.notify()
    await left
  }

  /** Sets the queues' flag; returns the partitions that are this member's. */
  #known(partitions: readonly TopicPartition[], reads: boolean): TopicPartition[] {
    return partitions.filter(({ topic, partition }) => {
      const queue = this.#queues.get(topic, partition)
      if (queue !== undefined) queue.paused = !reads
      return queue !== undefined
    })
  }

  /** Takes over the partitions of the last join; all of them begin anew. */
  async #adopt(): Promise<void> {
    if (this.#deliveries.interrupted) {
      this.#group.release()
      this.#queues.keepOnly(() => false)
      this.#deliveries.interrupt()
    }
    const { joined } = this.#group
    if (joined === null) return
    const { group, from = 'earliest', onAssigned } = this.#options
    const positions = await startPositions(this.#parts.admin, group, { partitions: joined, from })
    await onAssigned?.(positions)
    if (!this.#group.adopt(joined)) return
    const paused = new Set(this.#queues.all.filter((queue) => queue.paused).map(placeOf))
    this.#queues.keepOnly(() => false)
    for (const position of positions) this.#queues.add(position)
    for (const queue of this.#queues.all) queue.paused = paused.has(placeOf(queue))
    this.#group.resume(this.#queues.all.filter((queue) => !queue.paused))
    this.#deliveries.enqueue()
  }
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
