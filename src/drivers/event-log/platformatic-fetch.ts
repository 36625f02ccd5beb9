import { createAPI, fetchV12, findErrorBy, type Reader, ResponseError } from '@platformatic/kafka'
import type { StoredRecord } from '../../ports/event-log.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { readRecordBatches } from './kafka-record-reader.ts'
import { PlatformaticBrokers } from './platformatic-brokers.ts'

/** One partition of a fetch: where it begins. The name is rep's. */
export interface FetchFrom {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a fetch found of one partition. */
export interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly records: StoredRecord[]
  /** Where the next fetch begins. */
  readonly nextOffset: number
  /** End of the partition when it was fetched. */
  readonly endOffset: number
}

export interface FetchLimits {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionBytes: number
}

const FETCH_KEY = 1
/** The last version that calls topics by their names. */
const VERSION = 12
const READ_UNCOMMITTED = 0
/** No session: each request says all that it wants, so that client and broker need not agree about one. */
const NO_SESSION = { id: 0, epoch: -1 }

/** One partition of an answer, its records as they came. */
interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly endOffset: number
  readonly bytes: Buffer | null
}

/** Connections that only fetch: nothing else waits behind their long polls. */
export class PlatformaticFetch {
  readonly #brokers: PlatformaticBrokers
  readonly #prefix: string

  constructor(settings: KafkaSettings) {
    this.#prefix = settings.prefix
    this.#brokers = new PlatformaticBrokers(settings)
  }

  /** The broker of each partition now; rejects where a topic is unknown or the cluster is out of reach. */
  async leaders(froms: readonly FetchFrom[]): Promise<Map<number, FetchFrom[]>> {
    const topics = new Set(froms.map(({ topic }) => this.#prefix + topic))
    const leaderOf = await this.#brokers.leaders([...topics])
    return Map.groupBy(froms, ({ topic, partition }) => leaderOf(this.#prefix + topic, partition))
  }

  /** Fetches partitions that are led by one broker. */
  async fetch(node: number, froms: readonly FetchFrom[], limits: FetchLimits): Promise<Fetched[]> {
    const { maxWaitMs, minBytes, maxBytes, partitionBytes } = limits
    const topics = [...Map.groupBy(froms, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topicId: this.#prefix + topic,
      partitions: partitions.map(({ partition, offset }) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: -1,
        partitionMaxBytes: partitionBytes,
      })),
    }))
    const answers = await FETCH.async(
      await this.#brokers.connection(node),
      maxWaitMs,
      minBytes,
      maxBytes,
      READ_UNCOMMITTED,
      NO_SESSION.id,
      NO_SESSION.epoch,
      topics,
      [],
      '',
    )
    const fetched: Fetched[] = []
    for (const { topic, partition, endOffset, bytes } of answers) {
      const from = froms.find((at) => at.partition === partition && this.#prefix + at.topic === topic)
      if (from === undefined) continue
      fetched.push({ ...from, ...readRecordBatches(bytes ?? NOTHING, from), endOffset })
    }
    return fetched
  }

  /** Forgets which broker leads which partition, after a fetch that failed. */
  forgetLeaders(): void {
    this.#brokers.forget()
  }

  async close(): Promise<void> {
    await this.#brokers.close()
  }
}

/** True for the error of a fetch before the first or behind the last offset. */
export function isOutOfRange(error: unknown): boolean {
  return findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') !== null
}

const NOTHING = Buffer.alloc(0)

const FETCH = createAPI<Parameters<typeof fetchV12.createRequest>, PartitionAnswer[]>(
  FETCH_KEY,
  VERSION,
  fetchV12.createRequest,
  readAnswer,
)

/** Throws the client's ResponseError where the broker refuses the request or a partition of it. */
function readAnswer(
  _correlationId: number,
  apiKey: number,
  apiVersion: number,
  reader: Reader,
): PartitionAnswer[] {
  const errors: Record<string, [code: number, message: null]> = {}
  const answers: PartitionAnswer[] = []
  reader.readInt32() // how long the broker has throttled the client
  const code = reader.readInt16()
  if (code !== 0) errors[''] = [code, null]
  reader.readInt32() // the session
  reader.readArray(() => {
    const topic = reader.readString()
    reader.readArray(() => {
      const partition = reader.readInt32()
      const refusal = reader.readInt16()
      if (refusal !== 0) errors[`/${topic}/${partition}`] = [refusal, null]
      const endOffset = Number(reader.readInt64())
      reader.skip(16) // last stable and first offset
      reader.readNullableArray(() => reader.skip(16)) // transactions that were given up
      reader.readInt32() // the replica to be read
      answers.push({ topic, partition, endOffset, bytes: reader.readNullableBytes() })
    })
  })
  reader.readTaggedFields()
  if (Object.keys(errors).length > 0) throw new ResponseError(apiKey, apiVersion, errors, answers)
  return answers
}
