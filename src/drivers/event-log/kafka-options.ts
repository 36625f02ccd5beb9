import type { SaslLogin, TlsTexts } from '../../kernel/credentials.ts'

/** The client that appends and consumes; topics and offsets are looked after by one of them for all. */
export type KafkaClientName = 'platformatic' | 'kafkajs' | 'rdkafka'

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface KafkaOptions {
  /** Default `platformatic`; why is in docs/kafka-clients.md. */
  readonly client?: KafkaClientName
  /** Bootstrap brokers, `host:port` each. */
  readonly brokers: readonly string[]
  /** Named in the broker's logs and quotas. Default `rep`. */
  readonly clientId?: string
  /** Put before the names of topics and groups, so that several users share a cluster. Default none. */
  readonly prefix?: string
  /** Of the batches that are appended. Default `none`. */
  readonly compression?: KafkaCompression
  /** How long an append waits for others to go with it, ms; not at all with 64 KiB waiting. Default 15. */
  readonly lingerMs?: number
  /** Copies of topics that are created. Default: as many as there are brokers, at most 3. */
  readonly replication?: number
  /** A member of a group without a sign of life for this long loses its partitions, ms. Default 10 s. */
  readonly sessionMs?: number
  /** How long a rebalance waits for members to settle what they polled, ms. Default 60 s. */
  readonly rebalanceMs?: number
  /** How long a broker holds a fetch back while it has less than `fetchMinBytes`, ms. Default 20. */
  readonly fetchWaitMs?: number
  /** A broker answers a fetch at once when it has this many bytes. Default 64 KiB. */
  readonly fetchMinBytes?: number
  /** When a request has failed, ms. Default 10 s. */
  readonly requestTimeoutMs?: number
  readonly sasl?: SaslLogin
  /** True for TLS with the system's certificates, or the options of `tls.connect`. */
  readonly tls?: boolean | TlsTexts
}

/** The options with their defaults. */
export interface KafkaSettings {
  readonly client: KafkaClientName
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly prefix: string
  readonly compression: KafkaCompression
  readonly lingerMs: number
  readonly replication: number | null
  readonly sessionMs: number
  readonly rebalanceMs: number
  readonly fetchWaitMs: number
  readonly fetchMinBytes: number
  readonly requestTimeoutMs: number
  readonly sasl: SaslLogin | null
  readonly tls: TlsTexts | null
}

/** Fills in the defaults. */
export function kafkaSettings(options: KafkaOptions): KafkaSettings {
  const { tls = false } = options
  return {
    client: options.client ?? 'platformatic',
    brokers: options.brokers,
    clientId: options.clientId ?? 'rep',
    prefix: options.prefix ?? '',
    compression: options.compression ?? 'none',
    lingerMs: options.lingerMs ?? 15,
    replication: options.replication ?? null,
    sessionMs: options.sessionMs ?? 10_000,
    rebalanceMs: options.rebalanceMs ?? 60_000,
    fetchWaitMs: options.fetchWaitMs ?? 20,
    fetchMinBytes: options.fetchMinBytes ?? 65_536,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    sasl: options.sasl ?? null,
    tls: tls === false ? null : tls === true ? {} : tls,
  }
}
