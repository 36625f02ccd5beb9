import type { TopicSpec } from '../../domain/topics.ts'
import { partitionOf } from '../../kernel/hash.ts'
import type {
  AppendResult,
  ConsumeOptions,
  Consumer,
  EventLog,
  EventLogCapabilities,
  LogRecord,
  PartitionOffsets,
  Position,
  StoredRecord,
} from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import type { KafkaClient } from './kafka-client.ts'
import { type RetentionLimits, retainTopic } from './kafka-retention.ts'
import type { PlatformaticReader } from './platformatic-reader.ts'

export interface KafkaLogParts {
  readonly admin: KafkaAdmin
  readonly reader: PlatformaticReader
  readonly client: KafkaClient
  readonly capabilities: EventLogCapabilities
}

/** The event log on a Kafka cluster: one client appends and consumes, `admin` and `reader` do the rest. */
export class KafkaEventLog implements EventLog {
  readonly capabilities: EventLogCapabilities
  readonly #parts: KafkaLogParts
  readonly #consumers: Consumer[] = []
  #closed: Promise<void> | null = null

  constructor(parts: KafkaLogParts) {
    this.#parts = parts
    this.capabilities = parts.capabilities
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.#parts.admin.ensureTopics(topics)
  }

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<AppendResult> {
    signal?.throwIfAborted()
    const { admin, client } = this.#parts
    const count = admin.knownPartitions(topic) ?? (await admin.partitions(topic))
    const partitions = new Int32Array(records.length)
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      partitions[i] = record.partition ?? partitionOf(record.key, count)
    }
    if (records.length === 0) return { partitions, offsets: new Float64Array(0) }
    return client.append({ topic, records, partitions }, signal)
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    for (const topic of options.topics) await this.#parts.admin.partitions(topic)
    const consumer = await this.#parts.client.consume(options)
    this.#consumers.push(consumer)
    return consumer
  }

  async read(from: Position, maxRecords: number): Promise<readonly StoredRecord[]> {
    await this.#parts.admin.partitions(from.topic)
    return this.#parts.reader.read(from, maxRecords)
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#parts.admin.offsets(topic)
  }

  committed(group: string, topic: string): Promise<readonly Position[]> {
    return this.#parts.admin.committed(group, topic)
  }

  retain(topic: string, limits: RetentionLimits): Promise<number> {
    return retainTopic(this.#parts, topic, limits)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { admin, client, reader } = this.#parts
    await Promise.all(this.#consumers.splice(0).map((consumer) => consumer.close()))
    await Promise.all([client.close(), reader.close(), admin.close()])
  }
}
