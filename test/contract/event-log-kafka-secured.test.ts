import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openKafkaEventLog } from '../../src/drivers/event-log/kafka.ts'
import type { KafkaOptions } from '../../src/drivers/event-log/kafka-options.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { KAFKA_PASSWORD, type SecuredKafka, startSecuredKafka, USER } from '../fixtures/secured-kafka.ts'
import { describeEventLog } from './event-log.ts'

type LogIn = NonNullable<KafkaOptions['sasl']>

function logIn(mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password = KAFKA_PASSWORD): LogIn {
  return { mechanism, username: USER, password }
}

// The address itself is not used: it says that there are Java and Kafka to start a broker from.
describeService('REP_TEST_KAFKA', () => {
  describe('kafka with a log-in', () => {
    let kafka: SecuredKafka
    beforeAll(async () => {
      kafka = await startSecuredKafka()
      await firstGroup(kafka)
    }, 180_000)
    afterAll(() => kafka?.close())

    describeEventLog('kafka (platformatic, SCRAM-SHA-512 over TLS)', async () => {
      const prefix = uniquePrefix()
      const tls = { ca: kafka.ca }
      const options = {
        brokers: [kafka.encrypted],
        sasl: logIn('SCRAM-SHA-512'),
        tls,
        prefix,
        replication: 1,
      }
      return { open: () => openKafkaEventLog(options), close: async () => undefined }
    })

    test.each([
      ['platformatic', 'PLAIN', 'sasl'],
      ['platformatic', 'SCRAM-SHA-256', 'sasl'],
      ['kafkajs', 'PLAIN', 'sasl'],
      ['kafkajs', 'SCRAM-SHA-256', 'sasl'],
      ['kafkajs', 'SCRAM-SHA-512', 'encrypted'],
    ] as const)('%s logs in by %s (%s), appends and consumes', async (client, mechanism, listener) => {
      const log = await openKafkaEventLog({
        client,
        brokers: [kafka[listener]],
        sasl: logIn(mechanism),
        ...(listener === 'encrypted' ? { tls: { ca: kafka.ca } } : {}),
        prefix: uniquePrefix(),
        replication: 1,
      })
      await log.ensureTopics([{ name: 'user.action.v1', partitions: 1 }])
      const record = { key: Buffer.from('k'), value: Buffer.from('v'), dueUs: 1 }
      expect((await log.append('user.action.v1', [record])).failures).toBeUndefined()
      const consumer = await log.consume({ group: 'g', topics: ['user.action.v1'], maxRecords: 10 })
      const polled: unknown[] = []
      await expect
        .poll(async () => polled.push(...(await consumer.poll(500))) > 0 && polled.length, {
          timeout: 50_000,
        })
        .toBe(1)
      await log.close()
    })

    test.each(['platformatic', 'kafkajs'] as const)(
      '%s: a wrong password is refused and not shown',
      async (client) => {
        const sasl = logIn('SCRAM-SHA-256', 'wrong-s3cret-1')
        const opening = openKafkaEventLog({ client, brokers: [kafka.sasl], sasl })
        await expect(opening).rejects.toMatchObject({
          code: 'REP_ENVIRONMENT',
          message: expect.stringMatching(/^Kafka refuses access: (?!.*wrong-s3cret)/),
        })
      },
    )

    test('without its authority the encrypted listener is not trusted', async () => {
      const opening = openKafkaEventLog({
        brokers: [kafka.encrypted],
        sasl: logIn('PLAIN'),
        tls: true,
        requestTimeoutMs: 3000,
      })
      await expect(opening).rejects.toMatchObject({ exit: 3 })
    })
  })
})

/** A cluster's first group finds no coordinator until the topic of the committed offsets is there. */
async function firstGroup({ sasl }: SecuredKafka): Promise<void> {
  const log = await openKafkaEventLog({ brokers: [sasl], sasl: logIn('PLAIN'), replication: 1 })
  await log.ensureTopics([{ name: 'user.action.v1', partitions: 1 }])
  const consumer = await log.consume({ group: 'first', topics: ['user.action.v1'], maxRecords: 1 })
  const poll = () =>
    consumer.poll(500).then(
      () => consumer.assignment().length,
      () => 0,
    )
  await vi.waitUntil(async () => (await poll()) === 1, { timeout: 60_000 })
  await log.close()
}
