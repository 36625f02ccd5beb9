import { CompressionTypes, Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { RepError } from '../../errors/rep-error.ts'
import type { ConsumeOptions, Consumer } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { KafkaAppender } from './kafka-appender.ts'
import type { KafkaClient } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { KafkajsConsumer } from './kafkajs-consumer.ts'
import { KafkajsProducer } from './kafkajs-producer.ts'

const RETRY = { retries: 3, initialRetryTime: 250, maxRetryTime: 1000 }

/** The driver's client on kafkajs. Throws REP_USAGE for a compression that it has no codec for. */
export function kafkajsClient(admin: KafkaAdmin, settings: KafkaSettings): KafkaClient {
  const kafka = new Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    connectionTimeout: settings.requestTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    // What goes wrong is told by errors; the client's own log would repeat it for every attempt.
    logLevel: logLevel.NOTHING,
    retry: RETRY,
    ...(settings.sasl === null ? {} : { sasl: saslOptions(settings.sasl) }),
    ...(settings.tls === null ? {} : { ssl: settings.tls }),
  })
  const producer = new KafkajsProducer(kafka, settings.prefix, compressionOf(settings))
  const appender = new KafkaAppender((batches) => producer.send(batches), settings.lingerMs)
  return {
    append: (batch, signal) => appender.append(batch, signal),
    consume: async (options: ConsumeOptions): Promise<Consumer> =>
      new KafkajsConsumer({ kafka, admin, settings }, options),
    close: async () => {
      await appender.drain()
      await producer.close()
    },
  }
}

function saslOptions(sasl: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  if (sasl.mechanism === 'OAUTHBEARER')
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: sasl.token }) }
  const { mechanism, username, password } = sasl
  const names = {
    PLAIN: 'plain',
    'SCRAM-SHA-256': 'scram-sha-256',
    'SCRAM-SHA-512': 'scram-sha-512',
  } as const
  return { mechanism: names[mechanism], username, password } as SASLOptions
}

function compressionOf({ compression }: KafkaSettings): CompressionTypes {
  if (compression === 'none') return CompressionTypes.None
  if (compression === 'gzip') return CompressionTypes.GZIP
  throw new RepError(
    'REP_USAGE',
    `The Kafka client kafkajs compresses with gzip only, not with ${compression}. Choose gzip, none, or another --kafka-client.`,
  )
}
