import type { ElasticsearchOptions } from '../drivers/elasticsearch-client.ts'
import type { KafkaOptions } from '../drivers/event-log/kafka-options.ts'
import type { RedisKeyValueOptions } from '../drivers/key-value/redis.ts'
import type { ConfluentRegistryOptions } from '../drivers/schema-registry/confluent.ts'
import type { PostgresAddress } from '../drivers/sql/postgres-address.ts'
import type { TlsTexts } from '../kernel/credentials.ts'
import { noPostgres } from './no-postgres.ts'
import type { StackDescription } from './stack-description.ts'

/** How drivers reach a stack's services, with prefix and secrets where the stack has them. */

export function kafkaAccess({ brokers, external }: StackDescription): KafkaOptions {
  if (external === undefined) return { brokers }
  const { kafka, prefix } = external
  return {
    brokers,
    prefix,
    ...(kafka.sasl === null ? {} : { sasl: kafka.sasl }),
    ...(kafka.tls === null ? {} : { tls: kafka.tls }),
  }
}

export function elasticsearchAccess({ elasticsearch, external }: StackDescription): ElasticsearchOptions {
  if (external === undefined) return { node: elasticsearch }
  const { nodes, tls, ...account } = external.elasticsearch
  return { node: nodes, prefix: external.prefix, ...account, ...withTls(tls) }
}

export function registryAccess({ registry, external }: StackDescription): ConfluentRegistryOptions {
  if (external === undefined) return { url: registry }
  const { url, tls, ...account } = external.registry
  return { url, prefix: external.prefix, ...account, ...withTls(tls) }
}

export function redisAccess({ redis, external }: StackDescription): RedisKeyValueOptions {
  if (external === undefined) return { url: redis }
  const { place, database, tls, ...account } = external.redis
  const common = { prefix: external.prefix, ...account, ...withTls(tls) }
  if (place.kind === 'cluster') return { ...common, cluster: place.nodes }
  if (place.kind === 'single') return { ...common, url: `redis://${place.node}`, database }
  const { name, nodes, account: atSentinels } = place
  return { ...common, sentinel: { name, nodes, ...atSentinels }, database }
}

/** Throws REP_ENVIRONMENT where the stack has no PostgreSQL. */
export function postgresAccess(stack: StackDescription): PostgresAddress & { readonly schema: string } {
  const { name, postgres, external } = stack
  if (postgres === undefined) throw noPostgres(name)
  if (external?.postgres == null) return { url: postgres, schema: SCHEMA }
  const { tls, ...address } = external.postgres
  return { ...address, schema: schemaOf(external.prefix), ...withTls(tls) }
}

/** Where rep's tables are in a database of its own. */
const SCHEMA = 'rep'

/** A prefix without what joins it to a name: `team-a-` gives `team-a`. */
function schemaOf(prefix: string): string {
  return prefix.replace(/[-._]+$/, '') || SCHEMA
}

function withTls(tls: TlsTexts | null): { tls?: TlsTexts } {
  return tls === null ? {} : { tls }
}
