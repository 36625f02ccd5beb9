import { RepError } from '../../errors/rep-error.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import type { KafkaClient } from './kafka-client.ts'
import { KafkaEventLog } from './kafka-log.ts'
import { type KafkaOptions, type KafkaSettings, kafkaSettings } from './kafka-options.ts'
import { platformaticClient } from './platformatic.ts'
import { PlatformaticReader } from './platformatic-reader.ts'

/**
 * Opens the event log on a Kafka cluster (3.2 or newer). Rejects with REP_LOG_UNAVAILABLE when no broker answers,
 * REP_ENVIRONMENT when the client is not installed, REP_USAGE when it cannot do what the options ask for.
 */
export async function openKafkaEventLog(options: KafkaOptions): Promise<EventLog> {
  const settings = kafkaSettings(options)
  const admin = new KafkaAdmin(settings)
  try {
    const copies = await admin.copies()
    const client = await openClient(admin, settings)
    return new KafkaEventLog({
      admin,
      client,
      reader: new PlatformaticReader(admin, settings),
      capabilities: {
        driver: `kafka (${settings.client})`,
        durability: copies > 1 ? 'machine' : 'process',
      },
    })
  } catch (error) {
    await admin.close()
    throw error
  }
}

async function openClient(admin: KafkaAdmin, settings: KafkaSettings): Promise<KafkaClient> {
  if (settings.client === 'platformatic') return platformaticClient(admin, settings)
  // Loaded only where it is chosen.
  if (settings.client === 'kafkajs') return (await import('./kafkajs.ts')).kafkajsClient(admin, settings)
  if (settings.client === 'rdkafka') return (await import('./rdkafka.ts')).rdkafkaClient(admin, settings)
  throw new RepError('REP_USAGE', `There is no Kafka client ${settings.client}.`)
}
