import { createRequire } from 'node:module'
import { join } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'

/** The part of node-rdkafka that the driver uses: the package is an optional peer, so its types may be missing. */
export interface RdkafkaModule {
  readonly KafkaConsumer: new (config: RdkafkaConfig, topicConfig: RdkafkaConfig) => RdkafkaConsumer
  readonly Producer: new (config: RdkafkaConfig, topicConfig: RdkafkaConfig) => RdkafkaProducer
  readonly CODES: { readonly ERRORS: Readonly<Record<string, number>> }
}

export type RdkafkaConfig = Record<string, unknown>

export interface RdkafkaError extends Error {
  readonly code: number
}

interface RdkafkaClient {
  connect(options: { timeout?: number }, done: (error: RdkafkaError | null) => void): void
  on(event: string, listener: (...args: never[]) => void): void
  isConnected(): boolean
}

export interface RdkafkaPartition {
  readonly topic: string
  readonly partition: number
  readonly offset?: number
}

export interface RdkafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: readonly Readonly<Record<string, Buffer>>[]
}

export interface RdkafkaConsumer extends RdkafkaClient {
  subscribe(topics: string[]): void
  setDefaultConsumeTimeout(ms: number): void
  consume(count: number, done: (error: RdkafkaError | null, messages?: RdkafkaMessage[]) => void): void
  incrementalAssign(partitions: readonly RdkafkaPartition[]): void
  incrementalUnassign(partitions: readonly RdkafkaPartition[]): void
  assign(partitions: readonly RdkafkaPartition[]): void
  unassign(): void
  rebalanceProtocol(): string
  commit(partitions: readonly RdkafkaPartition[]): void
  pause(partitions: readonly RdkafkaPartition[]): void
  resume(partitions: readonly RdkafkaPartition[]): void
  disconnect(done: () => void): void
}

export interface RdkafkaReport {
  readonly offset: number
  readonly opaque: number
}

export interface RdkafkaProducer extends RdkafkaClient {
  produce(
    topic: string,
    partition: number,
    value: Buffer,
    key: Buffer,
    timestamp: number,
    opaque: number,
    headers?: readonly Record<string, string>[],
  ): void
  poll(): void
  disconnect(timeoutMs: number, done: () => void): void
}

/**
 * Loads node-rdkafka: from beside rep, else from the working directory. Throws REP_ENVIRONMENT where it is not
 * installed, or not for this Node.
 */
export function loadRdkafka(): RdkafkaModule {
  const reasons: string[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from)('node-rdkafka') as RdkafkaModule
    } catch (error) {
      reasons.push(error instanceof Error ? error.message.split('\n')[0]! : String(error))
    }
  }
  throw new RepError('REP_ENVIRONMENT', 'The Kafka client node-rdkafka cannot be loaded.', {
    details: [
      ...new Set(reasons),
      'Install it beside rep: npm install node-rdkafka. It compiles librdkafka, which takes minutes and needs Python, make and a C++ compiler.',
      'Or use --kafka-client platformatic, which needs nothing.',
    ],
  })
}
