import { Producer } from '@platformatic/kafka'
import type { SendOutcome } from './kafka-appender.ts'
import type { PlacedBatch } from './kafka-client.ts'
import { unavailable } from './kafka-errors.ts'
import { asBuffer, DUE_HEADER, encodeDue } from './kafka-headers.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'
import { neverSent, outcomeOfFailure, outcomeOfSuccess } from './platformatic-send-outcome.ts'

type Message = { topic: string; partition: number; key: Buffer; value: Buffer; headers?: Map<Buffer, Buffer> }

const ACKS_ALL = -1
const DUE_NAME = Buffer.from(DUE_HEADER)

/** An idempotent producer on @platformatic/kafka; one send at a time. */
export class PlatformaticProducer {
  readonly #producer: Producer
  readonly #prefix: string

  constructor(settings: KafkaSettings) {
    this.#prefix = settings.prefix
    const options = platformaticOptions(settings)
    const { compression } = settings
    this.#producer = new Producer({ ...options, idempotent: true, acks: ACKS_ALL, compression })
  }

  /** Rejects with REP_LOG_UNAVAILABLE when nothing was sent. */
  async send(batches: readonly PlacedBatch[]): Promise<SendOutcome> {
    const messages: Message[] = []
    for (const batch of batches) this.#addMessages(batch, messages)
    try {
      // `idempotent` again: without it the client keeps its numbering after a failed send, and never recovers.
      const { offsets = [] } = await this.#producer.send({ messages, acks: ACKS_ALL, idempotent: true })
      return outcomeOfSuccess(offsets, this.#prefix)
    } catch (error) {
      if (neverSent(error)) throw unavailable('nothing was appended', error)
      return outcomeOfFailure(error, this.#prefix)
    }
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }

  #addMessages({ topic, records, partitions }: PlacedBatch, messages: Message[]): void {
    const full = this.#prefix + topic
    for (let i = 0; i < records.length; i++) {
      const { key, value, dueUs, headers } = records[i]!
      const message: Message = {
        topic: full,
        partition: partitions[i]!,
        key: asBuffer(key),
        value: asBuffer(value),
      }
      if (dueUs !== 0 || headers !== undefined) message.headers = headersOf(dueUs, headers)
      messages.push(message)
    }
  }
}

function headersOf(
  dueUs: number,
  headers: Readonly<Record<string, Uint8Array>> | undefined,
): Map<Buffer, Buffer> {
  const encoded = new Map<Buffer, Buffer>()
  if (dueUs !== 0) encoded.set(DUE_NAME, encodeDue(dueUs))
  if (headers === undefined) return encoded
  for (const name of Object.keys(headers)) encoded.set(Buffer.from(name), asBuffer(headers[name]!))
  return encoded
}
