import type { SchemaIds } from '../domain/codec.ts'
import { ElasticsearchDocumentIndex } from '../drivers/document-index/elasticsearch.ts'
import { ElasticsearchClient, type ElasticsearchOptions } from '../drivers/elasticsearch-client.ts'
import { HashingEmbedder } from '../drivers/embedder/hashing.ts'
import { openRedisKeyValue, type RedisKeyValueOptions, type RedisStore } from '../drivers/key-value/redis.ts'
import { openObjectStore } from '../drivers/object-store/open-object-store.ts'
import {
  type ConfluentRegistryOptions,
  ConfluentSchemaRegistry,
} from '../drivers/schema-registry/confluent.ts'
import { registerSchemas } from '../drivers/schema-registry/register-schemas.ts'
import { ElasticsearchVectorIndex } from '../drivers/vector-index/elasticsearch.ts'
import type { GraphKind } from '../drivers/vector-index/elasticsearch-mapping.ts'
import { RepError } from '../errors/rep-error.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Settlement } from '../ports/settlement.ts'
import type { Stack } from '../ports/stack.ts'
import { readTemplates } from './index-templates.ts'
import { noPostgres } from './no-postgres.ts'
import { once } from './once.ts'
import { packageVersion } from './package-version.ts'
import { openServiceSql, type ServiceSqlOptions } from './service-sql.ts'
import { startCommand } from './stack-description.ts'

export interface ServiceStackOptions {
  /** `native`, `compose`, `external` or the name given to `rep up`. */
  readonly name: string
  /** Dimensions of the embedder's vectors. */
  readonly dims: number
  /** Opened by the caller; the stack closes it, also when the stack cannot be opened. */
  readonly eventLog: EventLog
  /** `http://host:port`, or how to get in. */
  readonly elasticsearch: string | Omit<ElasticsearchOptions, 'prefix' | 'log'>
  /** `redis://host:port`, or where the servers are and how to get in. */
  readonly redis: string | Omit<RedisKeyValueOptions, 'prefix' | 'log'>
  /** Where the API of the schema registry begins, or how to get in. */
  readonly registry: string | Omit<ConfluentRegistryOptions, 'prefix'>
  /** Absent where the stack has none: `openSql` then rejects. */
  readonly postgres?: Omit<ServiceSqlOptions, 'log'>
  /** Ids that another thread got from the registry, which is not asked then and may be down. */
  readonly schemaIds?: SchemaIds
  /** What an approximate vector index is on Elasticsearch. Default `int8_hnsw`. */
  readonly graph?: GraphKind
  /** Goes before every index, key and subject. Default: none. */
  readonly prefix?: string
  /** Versions that clients cannot ask for, such as the broker's: part of `describe`. */
  readonly versions?: Readonly<Record<string, string>>
  /** One line per change of a service's state. */
  readonly log?: (line: string) => void
}

/**
 * Opens the stack of real services for the calling thread. Rejects with REP_ENVIRONMENT naming every service
 * that does not answer and its address, and what starts them; with REP_SCHEMA where the registry refuses one.
 */
export async function openServiceStack(options: ServiceStackOptions): Promise<Stack> {
  const { name, dims, eventLog, prefix = '', log } = options
  const common = { prefix, ...(log === undefined ? {} : { log }) }
  const elasticsearch = new ElasticsearchClient({
    ...(typeof options.elasticsearch === 'string' ? { node: options.elasticsearch } : options.elasticsearch),
    ...common,
  })
  const registry = new ConfluentSchemaRegistry({
    ...(typeof options.registry === 'string' ? { url: options.registry } : options.registry),
    prefix,
  })
  const answers = await Promise.allSettled([
    openRedisKeyValue({
      ...(typeof options.redis === 'string' ? { url: options.redis } : options.redis),
      ...common,
    }),
    options.schemaIds ?? registerSchemas(registry),
    elasticsearch.serverVersion(),
  ])
  const [redis, schemaIds] = answers
  if (redis.status === 'rejected' || schemaIds.status === 'rejected' || answers[2].status === 'rejected') {
    const opened = redis.status === 'fulfilled' ? [redis.value] : []
    await closeAll([...opened, elasticsearch, eventLog])
    throw openingFailure(name, answers)
  }
  const keyValue = redis.value
  const templates = readTemplates()
  const graph = options.graph === undefined ? {} : { graph: options.graph }
  const documents = new ElasticsearchDocumentIndex(elasticsearch, templates)
  const vectors = new ElasticsearchVectorIndex(elasticsearch, { templates, ...graph })
  const embedder = new HashingEmbedder(dims)
  const sql = once(async () => {
    if (options.postgres === undefined) throw noPostgres(name)
    return openServiceSql({ ...options.postgres, ...(log === undefined ? {} : { log }) })
  })
  return {
    name,
    schemaIds: schemaIds.value,
    log: eventLog,
    keyValue,
    documents,
    vectors,
    embedder,
    settlement: EFFECTS_FIRST,
    openSql: sql.open,
    openObjects: openObjectStore,
    describe: async () => ({
      ...(await serverVersions(keyValue, elasticsearch, registry)),
      ...options.versions,
      'event log': eventLog.capabilities.driver,
      ioredis: packageVersion('ioredis'),
      '@elastic/elasticsearch': packageVersion('@elastic/elasticsearch'),
      pg: packageVersion('pg'),
      embedder: embedder.capabilities.model,
    }),
    close: () => closeAll([eventLog, documents, vectors, keyValue, sql, embedder, registry, elasticsearch]),
  }
}

/** Effects and offsets live in different stores: effects first, so that a crash between them repeats a batch and loses none. */
const EFFECTS_FIRST: Settlement = {
  atomic: false,
  async settle(effects, commit) {
    await effects()
    await commit()
  },
}

/** Versions of the servers; one that is down has none, and the record of a run need not wait for it. */
async function serverVersions(
  redis: RedisStore,
  elasticsearch: ElasticsearchClient,
  registry: ConfluentSchemaRegistry,
): Promise<Record<string, string>> {
  const [redisVersion, elasticsearchVersion, registryVersion] = await Promise.all(
    [redis, elasticsearch, registry].map(versionOf),
  )
  return {
    redis: redisVersion!,
    elasticsearch: elasticsearchVersion!,
    'schema registry': registryVersion!,
  }
}

async function versionOf(server: { serverVersion(): Promise<string> }): Promise<string> {
  try {
    return await server.serverVersion()
  } catch (error) {
    if (error instanceof RepError && error.retryable) return 'not reachable'
    throw error
  }
}

function openingFailure(name: string, answers: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  )
  const other = reasons.find((reason) => !(reason instanceof RepError) || !reason.retryable)
  if (other !== undefined) return other
  const start = name === 'external' ? 'check their addresses' : `start them with ${startCommand(name)}`
  const details = reasons.map((reason) => (reason as RepError).message)
  return new RepError(
    'REP_ENVIRONMENT',
    `${details.length} of the services of stack ${name} cannot be reached; ${start}.`,
    { details, cause: reasons[0] },
  )
}

async function closeAll(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close()
}
