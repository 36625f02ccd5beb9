import { openKafkaEventLog } from '../drivers/event-log/kafka.ts'
import { KafkaAdmin } from '../drivers/event-log/kafka-admin.ts'
import { type KafkaClientName, kafkaSettings } from '../drivers/event-log/kafka-options.ts'
import { RepError } from '../errors/rep-error.ts'
import { hostFacts } from '../measure/host.ts'
import type { HostFacts } from '../measure/run-record.ts'
import { type BenchKafkaFigures, measureAppends, measureConsumer } from './bench-kafka-measure.ts'

export interface BenchKafkaOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** Records of each case, beside a tenth more to warm up. */
  readonly records: number
  readonly clients: readonly KafkaClientName[]
  /** Leaves out clients that are not installed; without it they are an error. */
  readonly skipMissing: boolean
  readonly signal: AbortSignal
  readonly onProgress?: (line: string) => void
}

/** One client with one size of values and batches. */
export interface BenchKafkaCase extends BenchKafkaFigures {
  readonly client: KafkaClientName
  readonly valueBytes: number
  readonly batchRecords: number
}

export interface BenchKafkaResult {
  readonly host: HostFacts
  readonly partitions: number
  /** Appends under way at a time. */
  readonly inFlight: number
  readonly recordsPerCase: number
  readonly cases: readonly BenchKafkaCase[]
  readonly skipped: readonly { readonly client: KafkaClientName; readonly reason: string }[]
}

const TOPIC = { name: 'user.action.v1', partitions: 12 } as const
const VALUE_BYTES = [200, 1024]
const BATCH_RECORDS = [100, 500]
const IN_FLIGHT = 4

/**
 * Measures the Kafka clients one after the other through rep's driver, in topics of its own that are deleted
 * again: appends in a closed loop (acks=all, idempotent, keyed), then one consumer from the beginning. Rejects with
 * REP_LOG_UNAVAILABLE when no broker answers, REP_INTERRUPTED on the signal.
 */
export async function benchKafka(options: BenchKafkaOptions): Promise<BenchKafkaResult> {
  const { brokers, clients, records, skipMissing } = options
  const host = hostFacts()
  const cases: BenchKafkaCase[] = []
  const skipped: { client: KafkaClientName; reason: string }[] = []
  for (const client of clients) {
    try {
      const log = await openKafkaEventLog({ client, brokers })
      await log.close()
    } catch (error) {
      if (!skipMissing || !(error instanceof RepError) || error.code !== 'REP_ENVIRONMENT') throw error
      skipped.push({ client, reason: error.message })
      continue
    }
    for (const valueBytes of VALUE_BYTES) {
      for (const batchRecords of BATCH_RECORDS) {
        options.onProgress?.(`${client}: values of ${valueBytes} bytes, batches of ${batchRecords} …`)
        cases.push(await measureCase({ client, valueBytes, batchRecords }, options))
      }
    }
  }
  const { partitions } = TOPIC
  return { host, partitions, inFlight: IN_FLIGHT, recordsPerCase: records, cases, skipped }
}

async function measureCase(
  { client, valueBytes, batchRecords }: Pick<BenchKafkaCase, 'client' | 'valueBytes' | 'batchRecords'>,
  { brokers, records, signal }: BenchKafkaOptions,
): Promise<BenchKafkaCase> {
  const prefix = `rep-bench-${process.pid}-${Date.now().toString(36)}-`
  const kafka = { client, brokers, prefix }
  const admin = new KafkaAdmin(kafkaSettings(kafka))
  const log = await openKafkaEventLog(kafka)
  try {
    await log.ensureTopics([TOPIC])
    const load = { topic: TOPIC.name, records, valueBytes, batchRecords, inFlight: IN_FLIGHT, signal }
    const append = await measureAppends(log, load)
    const consume = await measureConsumer(log, load)
    return { client, valueBytes, batchRecords, append, consume }
  } finally {
    await log.close()
    await admin.deleteTopics([TOPIC.name])
    await admin.close()
  }
}
