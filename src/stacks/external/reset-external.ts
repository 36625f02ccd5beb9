import { INDEXES } from '../../domain/indexes.ts'
import { TOPICS } from '../../domain/topics.ts'
import { ElasticsearchClient } from '../../drivers/elasticsearch-client.ts'
import { removeOwned } from '../../drivers/elasticsearch-owners.ts'
import { TopicOwners } from '../../drivers/event-log/kafka-topic-owners.ts'
import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import { RepError } from '../../errors/rep-error.ts'
import { resetTables } from '../reset-tables.ts'
import { elasticsearchAccess, kafkaAccess, redisAccess } from '../service-access.ts'
import type { StackDescription } from '../stack-description.ts'
import { keysState, markKeys } from './owned-keys.ts'

/**
 * Empties what rep created on services that others run too, so that a run begins like any other; whose each
 * thing is, is looked at again right before. Subjects stay: their versions only ever grow.
 */
export async function resetExternal(stack: StackDescription): Promise<void> {
  await Promise.all([resetTopics(stack), deleteIndexes(stack), resetKeys(stack), resetTables(stack)])
}

async function resetTopics(stack: StackDescription): Promise<void> {
  const owners = await TopicOwners.open(kafkaAccess(stack))
  try {
    await owners.remove(TOPICS)
    await owners.create(TOPICS)
  } finally {
    await owners.close()
  }
}

async function deleteIndexes(stack: StackDescription): Promise<void> {
  const client = new ElasticsearchClient(elasticsearchAccess(stack))
  try {
    for (const index of INDEXES) await removeOwned(client, index)
  } finally {
    await client.close()
  }
}

async function resetKeys(stack: StackDescription): Promise<void> {
  const keyValue = await openRedisKeyValue(redisAccess(stack))
  try {
    if ((await keysState(keyValue)) !== 'owned')
      throw new RepError(
        'REP_FOREIGN',
        `The keys ${stack.external?.prefix}* of Redis are not rep's any more.`,
      )
    await keyValue.clear()
    await markKeys(keyValue)
  } finally {
    await keyValue.close()
  }
}
