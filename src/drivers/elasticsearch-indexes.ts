import { RepError } from '../errors/rep-error.ts'
import {
  describeError,
  type ElasticsearchClient,
  type ElasticsearchError,
  reasonOf,
} from './elasticsearch-client.ts'

/** Body of an index's creation, as the files in docker/elasticsearch hold it. */
export interface IndexTemplate {
  readonly settings: Readonly<Record<string, unknown>>
  readonly mappings: IndexMapping
}

export interface IndexMapping {
  readonly dynamic: 'strict' | false
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** What rep notes about an index, so that another process can open it by its name alone. */
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** Templates by index; an index without one gets a lenient mapping made from its spec. */
export type IndexTemplates = Readonly<Record<string, IndexTemplate>>

/** Written into the mapping of every index that rep made; rep writes to no other. */
export const CREATED_BY = 'rep'
export const FIRST_GENERATION = '-000001'

/**
 * Creates an index behind an alias of its own name: the alias is all that anybody uses, so that the index can
 * be built anew beside it and the alias be moved. Does nothing where the alias is there already.
 */
export async function createIndex(
  client: ElasticsearchClient,
  index: string,
  { settings, mappings }: IndexTemplate,
): Promise<void> {
  const alias = client.prefix + index
  const { status, body } = await client.attempt<{ error?: { type?: string } }>({
    method: 'PUT',
    path: `/${alias}${FIRST_GENERATION}`,
    body: {
      settings,
      mappings: { ...mappings, _meta: { ...mappings._meta, created_by: CREATED_BY } },
      aliases: { [alias]: { is_write_index: true } },
    },
  })
  // Another thread or process was faster.
  if (status === 200 || body.error?.type === 'resource_already_exists_exception') return
  throw new RepError(
    'REP_ENVIRONMENT',
    `Elasticsearch at ${client.host} does not create index ${alias}: ${reasonOf(body) ?? `status ${status}`}`,
  )
}

/** The mapping of an index; null where there is no such index. Rejects with REP_ENVIRONMENT where it is not rep's. */
export async function readMapping(client: ElasticsearchClient, index: string): Promise<IndexMapping | null> {
  const alias = client.prefix + index
  const { status, body } = await client.attempt<Record<string, { mappings: IndexMapping }>>({
    method: 'GET',
    path: `/${alias}/_mapping`,
  })
  const mapping = status === 200 ? Object.values(body)[0]?.mappings : undefined
  if (mapping === undefined) return null
  if (mapping._meta?.created_by === CREATED_BY) return mapping
  throw new RepError(
    'REP_ENVIRONMENT',
    `Index ${alias} of Elasticsearch at ${client.host} was not made by rep: use another index prefix.`,
  )
}

/** Makes all that was written visible to searches and counts. */
export async function refreshIndex(client: ElasticsearchClient, index: string): Promise<void> {
  await client.request({ method: 'POST', path: `/${client.prefix}${index}/_refresh` })
}

/** Visible documents of an index. */
export async function countIndex(client: ElasticsearchClient, index: string): Promise<number> {
  const path = `/${client.prefix}${index}/_count`
  const { count, _shards } = await client.request<CountAnswer>({ method: 'GET', path })
  if (_shards.failed > 0) throw unavailable(client, index, `${_shards.failed} of its shards do not answer`)
  return count
}

interface CountAnswer {
  readonly count: number
  readonly _shards: { readonly failed: number }
}

interface GetAnswer<T> {
  readonly found?: boolean
  readonly _source?: T
  readonly error?: ElasticsearchError
}

/** The documents of these ids as they are now, refreshed or not, by position. */
export async function getSources<T>(
  client: ElasticsearchClient,
  index: string,
  ids: readonly string[],
): Promise<readonly (T | null)[]> {
  const asked = ids.filter(isId)
  if (asked.length === 0) return ids.map(() => null)
  const { docs } = await client.request<{ docs: readonly GetAnswer<T>[] }>({
    method: 'POST',
    path: `/${client.prefix}${index}/_mget`,
    query: { filter_path: 'docs.found,docs._source,docs.error' },
    body: { ids: asked },
  })
  let next = 0
  return ids.map((id) => {
    if (!isId(id)) return null
    const { _source, error } = docs[next++]!
    // A shard that does not answer must not pass for a document that is not there.
    if (error !== undefined) throw unavailable(client, index, describeError(error))
    return _source ?? null
  })
}

function unavailable(client: ElasticsearchClient, index: string, why: string): RepError {
  return new RepError(
    'REP_STORE_UNAVAILABLE',
    `Index ${index} of Elasticsearch at ${client.host} is not ready: ${why}`,
  )
}

const MAX_ID_BYTES = 512

/** True for what Elasticsearch takes as a document's id: 1 to 512 bytes. */
export function isId(id: string): boolean {
  if (id === '' || id.length > MAX_ID_BYTES) return false
  return id.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(id) <= MAX_ID_BYTES
}
