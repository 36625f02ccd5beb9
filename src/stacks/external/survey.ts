import { SCHEMAS, type Subject } from '../../domain/codec.ts'
import { INDEXES } from '../../domain/indexes.ts'
import { TOPICS } from '../../domain/topics.ts'
import { ElasticsearchClient } from '../../drivers/elasticsearch-client.ts'
import { ownershipOf } from '../../drivers/elasticsearch-owners.ts'
import { TopicOwners } from '../../drivers/event-log/kafka-topic-owners.ts'
import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import { ConfluentSchemaRegistry } from '../../drivers/schema-registry/confluent.ts'
import { openPostgresSql } from '../../drivers/sql/postgres.ts'
import {
  elasticsearchAccess,
  kafkaAccess,
  postgresAccess,
  redisAccess,
  registryAccess,
} from '../service-access.ts'
import { schemaState } from '../sql-schema.ts'
import type { ServiceName, StackDescription } from '../stack-description.ts'
import { keysState } from './owned-keys.ts'

/** Something that rep needs of a service, by the name that it has there, and whose it is. */
export interface Holding {
  readonly kind: 'topic' | 'subject' | 'index' | 'keys' | 'schema'
  readonly name: string
  readonly state: 'missing' | 'owned' | 'foreign'
}

/** What there is of all that rep needs of one service. Changes nothing. Rejects where it does not answer. */
export const SURVEYS: Readonly<
  Record<ServiceName, (stack: StackDescription) => Promise<readonly Holding[]>>
> = {
  kafka: async (stack) => {
    const owners = await TopicOwners.open(kafkaAccess(stack))
    return closing(owners, async () => {
      const states = await owners.states(TOPICS)
      return [...states].map(([name, state]) => ({ kind: 'topic', name: prefixOf(stack) + name, state }))
    })
  },
  registry: async (stack) => {
    const registry = new ConfluentSchemaRegistry(registryAccess(stack))
    return closing(registry, () =>
      Promise.all(
        (Object.keys(SCHEMAS) as Subject[]).map(async (subject) => ({
          kind: 'subject' as const,
          name: prefixOf(stack) + subject,
          state: await registry.ownership(subject, SCHEMAS[subject] as readonly object[]),
        })),
      ),
    )
  },
  elasticsearch: async (stack) => {
    const client = new ElasticsearchClient(elasticsearchAccess(stack))
    return closing(client, () =>
      Promise.all(
        INDEXES.map(async (index) => {
          const { state } = await ownershipOf(client, index)
          return { kind: 'index' as const, name: prefixOf(stack) + index, state }
        }),
      ),
    )
  },
  redis: async (stack) => {
    const keyValue = await openRedisKeyValue(redisAccess(stack))
    return closing(keyValue, async () => [
      { kind: 'keys', name: `${prefixOf(stack)}*`, state: await keysState(keyValue) },
    ])
  },
  postgres: async (stack) => {
    const { schema, ...address } = postgresAccess(stack)
    const sql = await openPostgresSql(address)
    return closing(sql, async () => [{ kind: 'schema', name: schema, state: await schemaState(sql, schema) }])
  },
}

function prefixOf({ external }: StackDescription): string {
  return external?.prefix ?? ''
}

async function closing<T>(resource: { close(): Promise<void> }, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } finally {
    await resource.close()
  }
}
