import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { StoredRecord } from '../../ports/event-log.ts'
import { DUE_HEADER, decodeDue, namedHeaders } from './kafka-headers.ts'
import type { PartitionQueue, PartitionQueues } from './kafka-partition-queues.ts'

interface Delivery {
  readonly payload: EachBatchPayload
  readonly topic: string
  readonly records: StoredRecord[]
  /** Where the records wait to be polled; null until the partition was taken over. */
  queue: PartitionQueue | null
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const EMPTY = Buffer.alloc(0)

/** The batches that kafkajs has handed over and that were not settled yet: its handlers wait for that. */
export class Deliveries {
  readonly #queues: PartitionQueues
  readonly #prefix: string
  readonly #onChange: () => void
  readonly #waiting = new Set<Delivery>()
  #interruption: Error | null = null

  constructor(queues: PartitionQueues, prefix: string, onChange: () => void) {
    this.#queues = queues
    this.#prefix = prefix
    this.#onChange = onChange
  }

  /** True when a heartbeat told of a rebalance; `interrupt` lets the client join. */
  get interrupted(): boolean {
    return this.#interruption !== null
  }

  /** The handler of one batch: ends when all of it was polled and settled. */
  deliver(payload: EachBatchPayload): Promise<void> {
    const topic = payload.batch.topic.slice(this.#prefix.length)
    const { partition, messages } = payload.batch
    const records = messages.map((message) => storedRecord(message, topic, partition))
    return new Promise((resolve, reject) => {
      this.#waiting.add({ payload, topic, records, queue: null, resolve, reject })
      this.enqueue()
      this.#onChange()
    })
  }

  /** Puts what was handed over into the queues of the partitions that were taken over. */
  enqueue(): void {
    for (const delivery of this.#waiting) {
      if (delivery.queue?.held) continue
      const { topic, records, payload } = delivery
      const queue = this.#queues.get(topic, payload.batch.partition)
      if (queue === undefined) continue
      delivery.queue = queue
      this.#queues.push(queue, records)
    }
  }

  /** All that was polled is settled: ends the handlers whose records were all polled, or may not be now. */
  settle(): void {
    for (const delivery of this.#waiting) {
      const { queue, records } = delivery
      if (queue === null) continue
      const left = queue.records === records ? records.length - queue.taken : 0
      if (left > 0 && !queue.paused) continue
      this.#resolve(delivery)
      this.#queues.clear(queue)
      this.#waiting.delete(delivery)
      delivery.resolve()
    }
  }

  /** Ends all handlers with the error that lets the client join again. */
  interrupt(): void {
    const error = this.#interruption
    this.#interruption = null
    for (const delivery of this.#waiting) {
      this.#resolve(delivery)
      delivery.reject(error)
    }
    this.#waiting.clear()
  }

  /** Ends all handlers; what they brought is fetched again some time. */
  end(): void {
    this.#interruption = null
    for (const delivery of this.#waiting) delivery.resolve()
    this.#waiting.clear()
  }

  /** Says that the member lives, where handlers wait; rejects when the group is about to rebalance. */
  async heartbeat(): Promise<void> {
    const [delivery] = this.#waiting
    if (delivery === undefined) return
    try {
      await delivery.payload.heartbeat()
    } catch (error) {
      this.#interruption = error as Error
      this.#onChange()
      throw error
    }
  }

  /** The client's next fetch begins behind what was polled. */
  #resolve({ queue, records, payload }: Delivery): void {
    const polled = queue?.records === records ? queue.taken : 0
    if (polled > 0) payload.resolveOffset(String(records[polled - 1]!.offset))
  }
}

function storedRecord(message: KafkaMessage, topic: string, partition: number): StoredRecord {
  const { headers } = message
  const record = {
    key: message.key ?? EMPTY,
    value: message.value ?? EMPTY,
    dueUs: 0,
    topic,
    partition,
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
  }
  if (headers === undefined) return record
  const named: [string, Uint8Array][] = []
  for (const [name, value] of Object.entries(headers)) {
    // Of headers with the same name the last one counts, as where names are keys.
    const bytes = Array.isArray(value) ? value.at(-1) : value
    const given = typeof bytes === 'string' ? Buffer.from(bytes) : (bytes ?? EMPTY)
    if (name === DUE_HEADER) record.dueUs = decodeDue(given)
    else named.push([name, given])
  }
  return named.length === 0 ? record : { ...record, headers: namedHeaders(named) }
}
