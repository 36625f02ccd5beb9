import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../../errors/rep-error.ts'
import type {
  ConsumeOptions,
  Consumer,
  Position,
  StoredRecord,
  TopicPartition,
} from '../../ports/event-log.ts'
import { fenced, unavailable } from './kafka-errors.ts'
import { DUE_HEADER, decodeDue, namedHeaders } from './kafka-headers.ts'
import { PartitionQueues } from './kafka-partition-queues.ts'
import { startPositions } from './kafka-start-positions.ts'
import { RdkafkaGroup, type RdkafkaParts } from './rdkafka-group.ts'
import type { RdkafkaError, RdkafkaMessage } from './rdkafka-module.ts'

const LONGEST_WAIT_MS = 5
// librdkafka gives out one partition's fetch after the other: only among more than one poll's there is a choice.
const READ_AHEAD_RECORDS = 1000
const EMPTY = Buffer.alloc(0)

/**
 * A member of a group on node-rdkafka, cooperative. librdkafka says which partitions come and go and waits for an
 * answer, which it gets in the next poll: when all that was polled is settled.
 */
export class RdkafkaLogConsumer implements Consumer {
  readonly #parts: RdkafkaParts
  readonly #options: ConsumeOptions
  readonly #queues = new PartitionQueues()
  readonly #group: RdkafkaGroup
  #consuming: Promise<void> | null = null
  #failure: RepError | null = null
  #closed: Promise<void> | null = null

  constructor(parts: RdkafkaParts, options: ConsumeOptions) {
    this.#parts = parts
    this.#options = options
    this.#group = new RdkafkaGroup(parts, options)
    const { ERRORS } = parts.module.CODES
    // Broken connections are mended by librdkafka.
    this.#group.client.on('event.error', (error: RdkafkaError) => {
      if (error.code === ERRORS.ERR__ALL_BROKERS_DOWN) this.#failure = unavailable('fetching failed', error)
    })
  }

  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly StoredRecord[]> {
    const { group, maxRecords } = this.#options
    if (this.#closed !== null) throw new RepError('REP_INTERNAL', `Group ${group}: poll after close.`)
    const deadlineMs = performance.now() + maxWaitMs
    await this.#group.connect()
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
      if (this.#group.rebalances.length === 0) await abortable(Math.min(leftMs, waitMs), signal)
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return
    for (const { topic, partition } of positions) {
      if (this.#queues.get(topic, partition) !== undefined) continue
      throw fenced(this.#options.group, `partition ${topic}/${partition} is another member's`)
    }
    await this.#group.commit(positions, () => this.#consume())
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#group.pause(this.#known(partitions, true))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#group.resume(this.#known(partitions, false))
  }

  assignment(): readonly TopicPartition[] {
    return this.#queues.all.map(({ topic, partition }) => ({ topic, partition }))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (!(await this.#group.connectingEnded())) return
    await this.#consuming
    this.#queues.keepOnly(() => false)
    await this.#group.leave()
  }

  /** Lets partitions go and come; all that was polled before is settled. */
  async #answerRebalances(): Promise<void> {
    const { group, from = 'earliest', onAssigned } = this.#options
    const { rebalances } = this.#group
    for (let next = rebalances[0]; next !== undefined; next = rebalances[0]) {
      const { assign, partitions } = next
      if (assign) {
        const positions = await startPositions(this.#parts.admin, group, { partitions, from })
        if (positions.length > 0) await onAssigned?.(positions)
        for (const position of positions) this.#queues.add(position)
        this.#group.assign(positions)
      } else {
        const gone = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`))
        this.#queues.keepOnly((topic, partition) => !gone.has(`${topic}/${partition}`))
        this.#group.unassign(partitions)
      }
      rebalances.shift()
    }
  }

  /** Takes what librdkafka has fetched; its callbacks come only while this is under way. */
  #consume(): Promise<void> {
    this.#consuming ??= new Promise<void>((resolve) => {
      this.#group.client.consume(
        Math.max(READ_AHEAD_RECORDS, this.#options.maxRecords),
        (error, messages = []) => {
          this.#consuming = null
          if (error) this.#failure = unavailable('fetching failed', error)
          this.#enqueue(messages)
          resolve()
        },
      )
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

  /** Sets the queues' flag; returns the partitions that are this member's. */
  #known(partitions: readonly TopicPartition[], paused: boolean): TopicPartition[] {
    const known = partitions.filter(
      ({ topic, partition }) => this.#queues.get(topic, partition) !== undefined,
    )
    for (const { topic, partition } of known) this.#queues.get(topic, partition)!.paused = paused
    return known.map(({ topic, partition }) => ({ topic, partition }))
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
