import { expect, test } from 'vitest'
import { renderBenchKafka } from '../../../reports/bench-kafka.ts'
import { chosenClients, findBrokers } from '../../../src/app/bench-kafka-choice.ts'

const nowhere = { root: '/nonexistent/rep-home' }

test('brokers are those that are named, or of the stack that is up', () => {
  expect(findBrokers(nowhere, 'a:9092, [::1]:9093')).toEqual(['a:9092', '[::1]:9093'])
  expect(() => findBrokers(nowhere, 'a:9092,b')).toThrow('"b" is not HOST:PORT')
  expect(() => findBrokers(nowhere, 'a:70000')).toThrow('"a:70000" is not HOST:PORT')
  expect(() => findBrokers(nowhere, 'a:9092,')).toThrow('empty entry')
  expect(() => findBrokers(nowhere)).toThrow('rep up')
})

test('clients that are named must be there; without names, those that are missing are left out', () => {
  expect(chosenClients()).toEqual({ clients: ['platformatic', 'kafkajs', 'rdkafka'], skipMissing: true })
  expect(chosenClients('kafkajs,kafkajs')).toEqual({ clients: ['kafkajs'], skipMissing: false })
  expect(() => chosenClients('librdkafka')).toThrow('there is no Kafka client "librdkafka"')
})

test('the table has a row a case and says who was left out', () => {
  const cost = { recordsPerSecond: 50_000, cpuSecondsPerMillion: 8.25 }
  const latency = {
    count: 50,
    p50Ms: 3.5,
    p90Ms: 4,
    p99Ms: null,
    p999Ms: null,
    p9999Ms: null,
    maxMs: 9,
    meanMs: 4,
  }
  const text = renderBenchKafka(
    {
      host: { cpuModel: 'CPU', cores: 2, memoryBytes: 2 ** 30, os: 'Linux', node: '24.0.0', loadBefore: 0.5 },
      partitions: 12,
      inFlight: 4,
      recordsPerCase: 5000,
      cases: [
        {
          client: 'kafkajs',
          valueBytes: 200,
          batchRecords: 100,
          append: { ...cost, latency },
          consume: cost,
        },
      ],
      skipped: [{ client: 'rdkafka', reason: 'not installed' }],
    },
    { color: false },
  )
  expect(text).toMatch(/^kafkajs +200 +100 +50,000 +8\.25 +3\.50 +– +50,000 +8\.25 +16\.5$/m)
  expect(text).toContain('rdkafka left out: not installed')
})
