import type { ConsumeOptions, Consumer } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { KafkaAppender } from './kafka-appender.ts'
import type { KafkaClient } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { PlatformaticConsumer } from './platformatic-consumer.ts'
import { PlatformaticProducer } from './platformatic-producer.ts'

/** The driver's client on @platformatic/kafka. */
export function platformaticClient(admin: KafkaAdmin, settings: KafkaSettings): KafkaClient {
  const producer = new PlatformaticProducer(settings)
  const appender = new KafkaAppender((batches) => producer.send(batches), settings.lingerMs)
  return {
    append: (batch, signal) => appender.append(batch, signal),
    consume: async (options: ConsumeOptions): Promise<Consumer> =>
      new PlatformaticConsumer(admin, settings, options),
    close: async () => {
      producer.giveUp()
      await appender.drain()
      await producer.close()
    },
  }
}
