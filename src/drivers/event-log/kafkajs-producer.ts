import type { CompressionTypes, IHeaders, Kafka, Message, Producer, TopicMessages } from 'kafkajs'
import { RepError } from '../../errors/rep-error.ts'
import type { PartitionOutcome, SendOutcome } from './kafka-appender.ts'
import type { PlacedBatch } from './kafka-client.ts'
import { reasonOf, unavailable } from './kafka-errors.ts'
import { asBuffer, DUE_HEADER, encodeDue } from './kafka-headers.ts'

const ACKS_ALL = -1

/**
 * An idempotent producer on kafkajs; one send at a time. After a send that failed it is thrown away: the client
 * numbers the next records as it did those, and where those were stored all the same, the broker would take the
 * next ones for a repetition, acknowledge and drop them.
 */
export class KafkajsProducer {
  readonly #kafka: Kafka
  readonly #prefix: string
  readonly #compression: CompressionTypes
  #producer: Producer | null = null

  constructor(kafka: Kafka, prefix: string, compression: CompressionTypes) {
    this.#kafka = kafka
    this.#prefix = prefix
    this.#compression = compression
  }

  /** Rejects with REP_LOG_UNAVAILABLE when nothing was sent. */
  async send(batches: readonly PlacedBatch[]): Promise<SendOutcome> {
    const producer = await this.#connect()
    const topicMessages = this.#messages(batches)
    try {
      const sent = await producer.sendBatch({
        acks: ACKS_ALL,
        compression: this.#compression,
        topicMessages,
      })
      const bases = new Map(sent.map((at) => [`${at.topicName}/${at.partition}`, Number(at.baseOffset)]))
      return this.#outcome((place) => bases.get(place))
    } catch (error) {
      this.#producer = null
      await producer.disconnect()
      // Which partitions went well, and in which of its tries, is not told: kafkajs rejects the send as a whole.
      return this.#outcome(() => undefined, error)
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect()
    this.#producer = null
  }

  async #connect(): Promise<Producer> {
    if (this.#producer !== null) return this.#producer
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    })
    try {
      await producer.connect()
    } catch (error) {
      throw unavailable('nothing was appended', error)
    }
    this.#producer = producer
    return producer
  }

  #messages(batches: readonly PlacedBatch[]): TopicMessages[] {
    const byTopic = new Map<string, Message[]>()
    for (const { topic, records, partitions } of batches) {
      const full = this.#prefix + topic
      const messages = byTopic.get(full) ?? []
      byTopic.set(full, messages)
      for (let i = 0; i < records.length; i++) {
        const { key, value, dueUs, headers } = records[i]!
        const message: Message = { key: asBuffer(key), value: asBuffer(value), partition: partitions[i]! }
        if (dueUs !== 0 || headers !== undefined) message.headers = headersOf(dueUs, headers)
        messages.push(message)
      }
    }
    return [...byTopic].map(([topic, messages]) => ({ topic, messages }))
  }

  #outcome(baseOf: (place: string) => number | undefined, cause?: unknown): SendOutcome {
    return (topic, partition): PartitionOutcome => {
      const baseOffset = baseOf(`${this.#prefix}${topic}/${partition}`)
      if (baseOffset !== undefined) return { baseOffset }
      const why = cause === undefined ? 'its answer leaves this partition out' : reasonOf(cause)
      const message = `Kafka did not say whether a batch for ${topic}/${partition} was stored: ${why}`
      return { error: new RepError('REP_LOG_UNAVAILABLE', message, { cause }), indeterminate: true }
    }
  }
}

function headersOf(dueUs: number, headers: Readonly<Record<string, Uint8Array>> | undefined): IHeaders {
  const encoded: IHeaders = {}
  if (dueUs !== 0) encoded[DUE_HEADER] = encodeDue(dueUs)
  if (headers === undefined) return encoded
  for (const name of Object.keys(headers)) encoded[name] = asBuffer(headers[name]!)
  return encoded
}
