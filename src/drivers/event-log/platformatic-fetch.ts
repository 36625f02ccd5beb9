import {
  type ClusterMetadata,
  findErrorBy,
  IS_CONTROL,
  type KafkaRecord,
  Consumer as PlatformaticConsumer,
  type RecordsBatch,
} from '@platformatic/kafka'
import type { StoredRecord } from '../../ports/event-log.ts'
import { DUE_HEADER, decodeDue, namedHeaders } from './kafka-headers.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { platformaticOptions } from './platformatic-options.ts'

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

const EMPTY = Buffer.alloc(0)

/** A client that only fetches: it is in no group, so nothing else waits behind its long polls. */
export class PlatformaticFetch {
  readonly #client: PlatformaticConsumer
  readonly #prefix: string

  constructor(settings: KafkaSettings) {
    this.#prefix = settings.prefix
    this.#client = new PlatformaticConsumer({
      ...platformaticOptions(settings),
      // The loops that fetch pause and repeat by themselves.
      retries: 0,
      groupId: `${settings.prefix}rep-fetch`,
    })
  }

  /** The broker of each partition now; rejects where a topic is unknown or the cluster is out of reach. */
  async leaders(froms: readonly FetchFrom[]): Promise<Map<number, FetchFrom[]>> {
    const metadata = await this.#metadata(froms)
    return Map.groupBy(
      froms,
      ({ topic, partition }) => metadata.topics.get(this.#prefix + topic)!.partitions[partition]!.leader,
    )
  }

  /** Fetches partitions that are led by one broker. */
  async fetch(node: number, froms: readonly FetchFrom[], limits: FetchLimits): Promise<Fetched[]> {
    const metadata = await this.#metadata(froms)
    const byId = new Map<string, string>()
    const topics = [...Map.groupBy(froms, ({ topic }) => topic)].map(([topic, partitions]) => {
      const topicId = metadata.topics.get(this.#prefix + topic)!.id
      byId.set(topicId, topic)
      return {
        topicId,
        partitions: partitions.map(({ partition, offset }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(offset),
          lastFetchedEpoch: -1,
          partitionMaxBytes: limits.partitionBytes,
        })),
      }
    })
    const { maxWaitMs, minBytes, maxBytes } = limits
    const request = { node, topics, minBytes, maxBytes, maxWaitTime: maxWaitMs }
    const response = await this.#client.fetch(request).catch((error: unknown) => {
      if (!isLostSession(error)) throw error
      // The client forgets its session with the broker only now: again without one.
      return this.#client.fetch(request)
    })
    const fetched: Fetched[] = []
    for (const { topicId, partitions } of response.responses) {
      const topic = byId.get(topicId)
      if (topic === undefined) continue
      for (const { partitionIndex, records, highWatermark } of partitions) {
        const from = froms.find((at) => at.topic === topic && at.partition === partitionIndex)
        if (from !== undefined) fetched.push(readBatches(from, records ?? [], Number(highWatermark)))
      }
    }
    return fetched
  }

  /** Forgets which broker leads which partition, after a fetch that failed. */
  forgetLeaders(): void {
    this.#client.clearMetadata()
  }

  async close(): Promise<void> {
    await this.#client.close(true)
  }

  #metadata(froms: readonly FetchFrom[]): Promise<ClusterMetadata> {
    for (const { topic } of froms) {
      const name = this.#prefix + topic
      if (!this.#client.topics.has(name)) this.#client.topics.track(name)
    }
    return this.#client.metadata({ topics: [...this.#client.topics.current] })
  }
}

/** True for the error of a fetch before the first or behind the last offset. */
export function isOutOfRange(error: unknown): boolean {
  return findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') !== null
}

/**
 * True where client and broker disagree about their fetch session: the client does not count a fetch whose answer
 * has an error for one partition, the broker does.
 */
function isLostSession(error: unknown): boolean {
  return ['INVALID_FETCH_SESSION_EPOCH', 'FETCH_SESSION_ID_NOT_FOUND'].some(
    (name) => findErrorBy(error as Error, 'apiId', name) !== null,
  )
}

function readBatches(from: FetchFrom, batches: readonly RecordsBatch[], endOffset: number): Fetched {
  const { topic, partition, offset: firstOffset } = from
  const records: StoredRecord[] = []
  let nextOffset = firstOffset
  for (const batch of batches) {
    const base = Number(batch.firstOffset)
    const baseMs = Number(batch.firstTimestamp)
    nextOffset = Math.max(nextOffset, base + batch.lastOffsetDelta + 1)
    if ((batch.attributes & IS_CONTROL) !== 0) continue
    for (const record of batch.records) {
      const offset = base + record.offsetDelta
      // A batch comes whole, also where the fetch began in its middle.
      if (offset < firstOffset) continue
      records.push(
        storedRecord(record, {
          topic,
          partition,
          offset,
          timestampMs: baseMs + Number(record.timestampDelta),
        }),
      )
    }
  }
  return { topic, partition, records, nextOffset, endOffset }
}

function storedRecord(
  record: KafkaRecord,
  place: { topic: string; partition: number; offset: number; timestampMs: number },
): StoredRecord {
  const { topic, partition, offset, timestampMs } = place
  const key = record.key ?? EMPTY
  const value = record.value ?? EMPTY
  let dueUs = 0
  let named: [string, Uint8Array][] | null = null
  for (const [name, bytes] of record.headers) {
    if (isDue(name!)) dueUs = decodeDue(bytes)
    else {
      named ??= []
      named.push([name!.toString('utf8'), bytes ?? EMPTY])
    }
  }
  if (named === null) return { key, value, dueUs, topic, partition, offset, timestampMs }
  const headers = namedHeaders(named)
  return { key, value, dueUs, headers, topic, partition, offset, timestampMs }
}

/** Compares bytes: decoding the name of each record's header to text would cost more than the rest. */
const DUE_NAME = Buffer.from(DUE_HEADER)

function isDue(name: Buffer): boolean {
  return name.length === DUE_NAME.length && name.equals(DUE_NAME)
}
