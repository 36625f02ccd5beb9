import { type API, createAPI, produceV11, Writer } from '@platformatic/kafka'
import type { KafkaSettings } from './kafka-options.ts'
import type { PlatformaticBrokers } from './platformatic-brokers.ts'
import type { PartAnswer, SendPart } from './platformatic-send-part.ts'

const PRODUCE_KEY = 0
/** Of the same form, but for what brokers add to their answers about leaders that moved. */
const VERSIONS = { oldest: 9, newest: 11 }
const ACKS_ALL = -1

interface ProduceAnswer {
  readonly responses: readonly {
    readonly name: string
    readonly partitionResponses: readonly (PartAnswer & { readonly index: number })[]
  }[]
}

type ProduceApi = API<[timeoutMs: number, parts: readonly SendPart[]], ProduceAnswer>

/** Writes produce requests with batches that are encoded already. */
export class PlatformaticProduce {
  readonly #brokers: PlatformaticBrokers
  readonly #timeoutMs: number
  #api: ProduceApi | null = null

  constructor(brokers: PlatformaticBrokers, settings: KafkaSettings) {
    this.#brokers = brokers
    this.#timeoutMs = Math.ceil(settings.requestTimeoutMs / 2)
  }

  /** One request to each leader; tells every part what became of it. Rejects where the leaders are not known. */
  async send(parts: readonly SendPart[]): Promise<void> {
    const leaderOf = await this.#brokers.leaders([...new Set(parts.map(({ topic }) => topic))])
    this.#api ??= produceApi(await this.#brokers.version('Produce', VERSIONS))
    const byLeader = Map.groupBy(parts, ({ topic, partition }) => leaderOf(topic, partition))
    await Promise.all([...byLeader].map(([node, led]) => this.#sendTo(node, led)))
  }

  async #sendTo(node: number, parts: readonly SendPart[]): Promise<void> {
    try {
      if (node < 0) throw new Error('The partition has no leader now.')
      const connection = await this.#brokers.connection(node)
      for (const part of parts) part.sending()
      apply(await this.#api!.async(connection, this.#timeoutMs, parts), parts)
    } catch (error) {
      for (const part of parts) part.failed(error)
      // An answer that refuses some partitions is an error of the client, with the answer.
      const { response } = error as { response?: ProduceAnswer }
      if (response !== undefined) apply(response, parts)
    }
  }
}

function apply({ responses }: ProduceAnswer, parts: readonly SendPart[]): void {
  for (const { name, partitionResponses } of responses) {
    for (const answer of partitionResponses) {
      parts.find((part) => part.partition === answer.index && part.topic === name)?.answered(answer)
    }
  }
}

function produceApi(version: number): ProduceApi {
  return createAPI<[number, readonly SendPart[]], ProduceAnswer>(
    PRODUCE_KEY,
    version,
    writeRequest,
    produceV11.parseResponse,
  )
}

function writeRequest(timeoutMs: number, parts: readonly SendPart[]): Writer {
  const topics = [...Map.groupBy(parts, ({ topic }) => topic)]
  return Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(timeoutMs)
    .appendArray(topics, (writer, [topic, led]) => {
      writer.appendString(topic).appendArray(led, (inner, { partition, batch }) => {
        inner
          .appendInt32(partition)
          .appendUnsignedVarInt(batch!.length + 1)
          .append(batch!)
      })
    })
    .appendTaggedFields()
}
