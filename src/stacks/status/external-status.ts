import { SCHEMAS, type Subject } from '../../domain/codec.ts'
import { INDEXES } from '../../domain/indexes.ts'
import { ElasticsearchClient } from '../../drivers/elasticsearch-client.ts'
import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import { ConfluentSchemaRegistry } from '../../drivers/schema-registry/confluent.ts'
import { postgresVersion } from '../probes/postgres.ts'
import {
  elasticsearchAccess,
  kafkaAccess,
  postgresAccess,
  redisAccess,
  registryAccess,
} from '../service-access.ts'
import {
  type ServiceDescription,
  type ServiceName,
  type StackDescription,
  servicesOf,
} from '../stack-description.ts'
import type { IndexStatus } from './index-status.ts'
import { kafkaStatusOf } from './kafka-status.ts'
import type { ServiceStatus, StackStatus } from './stack-status.ts'
import { tableStatus } from './table-status.ts'

const LIMIT_MS = 5000

/** External services as they are now: what has rep's prefix, and nothing of anybody else's. Never rejects. */
export async function externalStatus(stack: StackDescription): Promise<StackStatus> {
  const answers = {
    kafka: outcome(kafkaStatusOf(kafkaAccess(stack))),
    registry: outcome(registryStatus(stack)),
    elasticsearch: outcome(elasticsearchStatus(stack)),
    redis: outcome(redisVersion(stack)),
    postgres: outcome(postgresStatus(stack)),
  }
  const [kafka, registry, elasticsearch, redis, postgres] = await Promise.all([
    answers.kafka,
    answers.registry,
    answers.elasticsearch,
    answers.redis,
    answers.postgres,
  ])
  const versions: Record<ServiceName, Outcome<{ readonly version: string }>> = {
    kafka:
      kafka.error === null
        ? { value: { version: 'unknown' }, error: null }
        : { value: null, error: kafka.error },
    registry,
    elasticsearch,
    redis,
    postgres,
  }
  return {
    name: stack.name,
    kind: 'external',
    startedAt: null,
    services: servicesOf(stack).map(([name, service]) => serviceStatus(name, service, versions[name])),
    kafka: kafka.value,
    subjects: registry.value?.subjects ?? null,
    indices: elasticsearch.value?.indices ?? null,
    redisKeys: null,
    tables: stack.postgres === undefined ? [] : (postgres.value?.tables ?? null),
  }
}

type Outcome<T> =
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: string }

async function outcome<T>(question: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await question, error: null }
  } catch (error) {
    return { value: null, error: error instanceof Error ? error.message : String(error) }
  }
}

function serviceStatus(
  name: ServiceName,
  { address }: ServiceDescription,
  { value, error }: Outcome<{ readonly version: string }>,
): ServiceStatus {
  const facts = { name, version: value?.version ?? 'unknown', address, pid: null, rssBytes: null }
  return error === null
    ? { ...facts, health: 'healthy', reason: null }
    : { ...facts, health: 'silent', reason: error }
}

async function registryStatus(stack: StackDescription) {
  const registry = new ConfluentSchemaRegistry(registryAccess(stack))
  try {
    const version = await registry.serverVersion()
    const subjects = Object.keys(SCHEMAS) as Subject[]
    const states = await Promise.all(
      subjects.map((subject) => registry.ownership(subject, SCHEMAS[subject] as readonly object[])),
    )
    const prefix = stack.external?.prefix ?? ''
    return {
      version,
      subjects: subjects.filter((_, i) => states[i] === 'owned').map((name) => prefix + name),
    }
  } finally {
    await registry.close()
  }
}

async function elasticsearchStatus(stack: StackDescription) {
  const client = new ElasticsearchClient(elasticsearchAccess(stack))
  try {
    const version = await client.serverVersion()
    const { status, body } = await client.attempt<readonly Readonly<Record<string, string | null>>[]>({
      method: 'GET',
      path: `/_cat/indices/${INDEXES.map((index) => client.prefix + index).join(',')}`,
      query: {
        format: 'json',
        bytes: 'b',
        h: 'index,health,docs.count,store.size',
        ignore_unavailable: 'true',
      },
    })
    const rows = status === 200 ? body : []
    const indices = rows.map(
      (row): IndexStatus => ({
        name: row.index ?? '',
        health: row.health ?? '',
        documents: Number(row['docs.count'] ?? 0),
        bytes: Number(row['store.size'] ?? 0),
      }),
    )
    return { version, indices: indices.sort((a, b) => (a.name < b.name ? -1 : 1)) }
  } finally {
    await client.close()
  }
}

async function redisVersion(stack: StackDescription) {
  const store = await openRedisKeyValue(redisAccess(stack))
  try {
    return { version: await store.serverVersion() }
  } finally {
    await store.close()
  }
}

async function postgresStatus(stack: StackDescription) {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const [version, tables] = await Promise.all([
    postgresVersion(postgresAccess(stack), signal),
    tableStatus(stack, signal),
  ])
  return { version, tables }
}
