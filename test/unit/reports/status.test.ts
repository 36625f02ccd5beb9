import { expect, test } from 'vitest'
import { renderStatus, type ShownStackStatus } from '../../../reports/status.ts'

const service = { version: '4.1.1', address: '127.0.0.1:19090', pid: 12, rssBytes: 2 ** 29 }
const status: ShownStackStatus = {
  name: 'native',
  kind: 'native',
  startedAt: '2026-01-01T00:00:00.000Z',
  services: [
    { ...service, name: 'kafka', health: 'healthy', reason: null },
    {
      ...service,
      name: 'redis',
      health: 'down',
      reason: 'its process\nhas ended',
      pid: null,
      rssBytes: null,
    },
  ],
  kafka: {
    topics: [{ name: 'user.action.v1', partitions: 12, records: 1_234_567 }],
    lags: [
      {
        group: 'behavior',
        topic: 'user.action.v1',
        state: 'stable',
        lag: 1500,
        members: [{ host: '192.0.2.7', partitions: [0, 4], lag: 1500 }],
      },
    ],
  },
  subjects: ['user.action.v1-value'],
  indices: [{ name: 'product_index', health: 'green', documents: 20_000, bytes: 2 ** 20 }],
  redisKeys: null,
  tables: [{ name: 'events', rows: 1_000_000, partitions: 9, bytes: 2 ** 30 }],
}

test('every service, topic, lag, index and count is shown; what is not known is a dash', () => {
  const text = renderStatus(status, { color: false })
  expect(text).toContain('✓ kafka    4.1.1    127.0.0.1:19090  healthy  512 MiB   12')
  expect(text).toContain('✗ redis    4.1.1    127.0.0.1:19090  down           –    –  its process has ended')
  expect(text).toContain('user.action.v1          12  1,234,567')
  expect(text).toContain('behavior  user.action.v1  stable        1  1,500')
  expect(text).toContain('behavior   user.action.v1  192.0.2.7  0 4         1,500')
  expect(text).toContain('product_index  green      20,000  1 MiB')
  expect(text).toContain('events  1,000,000           9  1 GiB')
  expect(text).toContain('schemas: 1   redis keys: –')
})

test('a part that did not answer is a dash, an empty one is none', () => {
  const text = renderStatus({ ...status, kafka: null, indices: [], tables: [] }, { color: false })
  expect(text).toContain('topic: – (no answer)')
  expect(text).toContain('group: – (no answer)')
  expect(text).toContain('index: none')
  expect(text).toContain('table: none')
})
