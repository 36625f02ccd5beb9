import { Admin } from '@platformatic/kafka'
import { openKafkaEventLog } from '../../src/drivers/event-log/kafka.ts'
import type { KafkaClientName } from '../../src/drivers/event-log/kafka-options.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { describeEventLog } from './event-log.ts'

/** The contract on the broker of REP_TEST_KAFKA (`host:port`), in topics of its own for every test. */
export function describeKafka(client: KafkaClientName): void {
  describeService('REP_TEST_KAFKA', (broker) => {
    describeEventLog(`kafka (${client})`, async () => {
      const prefix = uniquePrefix()
      return {
        open: () => openKafkaEventLog({ client, brokers: [broker], prefix, replication: 1 }),
        close: () => removeTopics(broker, prefix),
      }
    })
  })
}

/** Removes the topics with this prefix. */
export async function removeTopics(broker: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: 'rep-test', bootstrapBrokers: [broker] })
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  await admin.close()
}
