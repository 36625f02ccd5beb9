import { setTimeout as sleep } from 'node:timers/promises'
import { initProducerIdV4 } from '@platformatic/kafka'
import { RepError } from '../../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../../kernel/backoff.ts'
import type { SendOutcome } from './kafka-appender.ts'
import type { PlacedBatch } from './kafka-client.ts'
import { unavailable } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PlatformaticBrokers } from './platformatic-brokers.ts'
import { PlatformaticProduce } from './platformatic-produce.ts'
import { encodeBatch } from './platformatic-record-batch.ts'
import { SendPart } from './platformatic-send-part.ts'

/**
 * How long a send is repeated while brokers are out of reach. Meanwhile what is appended waits behind it, which is
 * the backpressure: a broker that restarts takes longer than a few tries, and then its numbers tell a repetition.
 */
const DELIVERY_MS = 120_000
const PAUSE: BackoffLimits = { baseMs: 100, maxMs: 1000 }
const SEQUENCES = 2 ** 31

/** By the cluster's name of the topic, then by partition. */
type Parts = ReadonlyMap<string, readonly (SendPart | undefined)[]>

interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Number of the next record, by topic and partition. */
  readonly sequences: Map<string, number>
}

/**
 * An idempotent producer on the connections of @platformatic/kafka; one send at a time. Unlike the client's own it
 * sends again only the partitions that failed, says of each what became of it, and encodes at a fraction of the
 * cost. After a failure it takes a new producer id: whether the numbers of the old one were used up, nobody knows.
 */
export class PlatformaticProducer {
  readonly #settings: KafkaSettings
  readonly #brokers: PlatformaticBrokers
  readonly #produce: PlatformaticProduce
  #identity: Identity | null = null
  readonly #closing = new AbortController()

  constructor(settings: KafkaSettings) {
    this.#settings = settings
    this.#brokers = new PlatformaticBrokers(settings)
    this.#produce = new PlatformaticProduce(this.#brokers, settings)
  }

  /** Rejects with REP_LOG_UNAVAILABLE when nothing was sent. */
  async send(batches: readonly PlacedBatch[]): Promise<SendOutcome> {
    const parts = partsOf(batches, this.#settings.prefix)
    const all = [...parts.values()].flatMap((topic) => topic.filter((part) => part !== undefined))
    const untilMs = performance.now() + DELIVERY_MS
    let left = all
    for (let attempt = 0; left.length > 0; attempt++) {
      try {
        const identity = await this.#identify()
        for (const part of left) part.batch ??= this.#encode(part, identity)
        await this.#produce.send(left)
      } catch (error) {
        const told = unavailable('nothing was appended', error)
        // What was encoded has taken numbers that are never sent.
        if (!told.retryable) this.#identity = null
        if (!told.retryable) throw told
        for (const part of left) part.failed(error)
      }
      left = left.filter((part) => part.outcome === null)
      if (left.length === 0) break
      this.#brokers.forget()
      if (performance.now() >= untilMs || this.#closing.signal.aborted) {
        for (const part of left) part.giveUp()
        break
      }
      await this.#pause(attempt)
    }
    this.#settle(all)
    return (topic, partition) => parts.get(this.#settings.prefix + topic)![partition]!.giveUp()
  }

  /** Ends the repetitions of the send under way: what is not known to be stored then is told as it is. */
  giveUp(): void {
    this.#closing.abort()
  }

  async close(): Promise<void> {
    await this.#brokers.close()
  }

  /** Waits before the next try, until `giveUp` at most. */
  async #pause(attempt: number): Promise<void> {
    const { signal } = this.#closing
    try {
      await sleep(backoffMs(attempt, PAUSE), undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #identify(): Promise<Identity> {
    if (this.#identity !== null) return this.#identity
    const connection = await this.#brokers.connection(-1)
    const { producerId, producerEpoch } = await initProducerIdV4.api.async(connection, null, 0, -1n, -1)
    this.#identity = { producerId, producerEpoch, sequences: new Map() }
    return this.#identity
  }

  #encode({ topic, partition, records }: SendPart, identity: Identity): Buffer {
    const { producerId, producerEpoch, sequences } = identity
    const place = `${topic}/${partition}`
    const baseSequence = sequences.get(place) ?? 0
    sequences.set(place, (baseSequence + records.length) % SEQUENCES)
    const { compression } = this.#settings
    return encodeBatch(records, {
      producerId,
      producerEpoch,
      baseSequence,
      compression,
      timestampMs: Date.now(),
    })
  }

  #settle(parts: readonly SendPart[]): void {
    const failed = parts.map((part) => part.giveUp()).filter((outcome) => 'error' in outcome)
    if (failed.length > 0) this.#identity = null
    if (failed.length < parts.length || parts.some((part) => part.maybeStored)) return
    const [first] = failed
    if (first!.error instanceof RepError && first!.error.code === 'REP_LOG_UNAVAILABLE') {
      throw unavailable('nothing was appended', first!.error.cause ?? first!.error)
    }
  }
}

function partsOf(batches: readonly PlacedBatch[], prefix: string): Parts {
  const parts = new Map<string, (SendPart | undefined)[]>()
  for (const { topic, records, partitions } of batches) {
    const full = prefix + topic
    let ofTopic = parts.get(full)
    if (ofTopic === undefined) {
      ofTopic = []
      parts.set(full, ofTopic)
    }
    for (let i = 0; i < records.length; i++) {
      const partition = partitions[i]!
      let part = ofTopic[partition]
      if (part === undefined) {
        part = new SendPart(full, partition)
        ofTopic[partition] = part
      }
      part.records.push(records[i]!)
    }
  }
  return parts
}
