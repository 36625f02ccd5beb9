import { RepError } from '../../errors/rep-error.ts'
import type { ConsumeOptions, Consumer } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import type { KafkaClient } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { RdkafkaLogConsumer } from './rdkafka-consumer.ts'
import { loadRdkafka, type RdkafkaConfig } from './rdkafka-module.ts'
import { RdkafkaLogProducer } from './rdkafka-producer.ts'

/** The driver's client on node-rdkafka. Throws REP_ENVIRONMENT where that is not installed. */
export function rdkafkaClient(admin: KafkaAdmin, settings: KafkaSettings): KafkaClient {
  const module = loadRdkafka()
  const config = configOf(settings)
  const producer = new RdkafkaLogProducer(module, config, settings)
  return {
    append: (batch, signal) => producer.append(batch, signal),
    consume: async (options: ConsumeOptions): Promise<Consumer> =>
      new RdkafkaLogConsumer({ module, config, admin, settings }, options),
    close: () => producer.close(),
  }
}

/** Properties of librdkafka that producers and consumers share. Throws REP_USAGE for a log-in that it cannot do. */
function configOf({ brokers, clientId, requestTimeoutMs, sasl, tls }: KafkaSettings): RdkafkaConfig {
  const config: RdkafkaConfig = {
    'client.id': clientId,
    'metadata.broker.list': brokers.join(','),
    'socket.timeout.ms': requestTimeoutMs,
    'socket.nagle.disable': true,
    'allow.auto.create.topics': false,
    'reconnect.backoff.ms': 50,
    'reconnect.backoff.max.ms': 1000,
    // What goes wrong is told by errors; librdkafka would also write it to stderr.
    log_level: 0,
    'security.protocol': `${sasl === null ? '' : 'sasl_'}${tls === null ? 'plaintext' : 'ssl'}`,
  }
  if (sasl?.mechanism === 'OAUTHBEARER')
    throw new RepError(
      'REP_USAGE',
      'The Kafka client rdkafka logs in without a token alone: choose another --kafka-client for OAUTHBEARER.',
    )
  if (sasl !== null) {
    config['sasl.mechanisms'] = sasl.mechanism
    config['sasl.username'] = sasl.username
    config['sasl.password'] = sasl.password
  }
  if (tls?.ca !== undefined) config['ssl.ca.pem'] = tls.ca
  if (tls?.cert !== undefined) config['ssl.certificate.pem'] = tls.cert
  if (tls?.key !== undefined) config['ssl.key.pem'] = tls.key
  if (tls?.rejectUnauthorized === false) config['enable.ssl.certificate.verification'] = false
  return config
}
