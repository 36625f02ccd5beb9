import { INDEXES } from '../domain/indexes.ts'
import { TOPICS } from '../domain/topics.ts'
import { ElasticsearchClient } from '../drivers/elasticsearch-client.ts'
import { KafkaAdmin } from '../drivers/event-log/kafka-admin.ts'
import { kafkaSettings } from '../drivers/event-log/kafka-options.ts'
import { connectRedis } from '../drivers/key-value/redis-connection.ts'
import { resetExternal } from './external/reset-external.ts'
import { resetTables } from './reset-tables.ts'
import type { StackDescription } from './stack-description.ts'

/**
 * Empties a stack that rep itself started, so that a run begins like any other: rep's topics with their groups'
 * offsets, rep's indexes and tables, and every key; of external services what rep created there, and nothing else.
 */
export async function resetServices(stack: StackDescription): Promise<void> {
  if (stack.external !== undefined) return resetExternal(stack)
  const { brokers, elasticsearch, redis } = stack
  await Promise.all([
    resetTopics(brokers),
    deleteIndexes(elasticsearch),
    deleteKeys(redis),
    resetTables(stack),
  ])
}

async function resetTopics(brokers: readonly string[]): Promise<void> {
  const admin = new KafkaAdmin(kafkaSettings({ brokers, client: 'platformatic' }))
  try {
    await admin.deleteTopics(TOPICS.map(({ name }) => name))
  } finally {
    await admin.close()
  }
}

async function deleteIndexes(node: string): Promise<void> {
  const client = new ElasticsearchClient({ node, prefix: '' })
  try {
    for (const alias of INDEXES) {
      const { status, body } = await client.attempt<Record<string, unknown>>({
        method: 'GET',
        path: `/_alias/${alias}`,
      })
      if (status === 404) continue
      for (const index of Object.keys(body)) await client.request({ method: 'DELETE', path: `/${index}` })
    }
  } finally {
    await client.close()
  }
}

async function deleteKeys(url: string): Promise<void> {
  const redis = await connectRedis({ url })
  try {
    await redis.flushdb()
  } finally {
    redis.disconnect()
  }
}
