import { RepError } from '../../errors/rep-error.ts'
import type { VectorIndexKind, VectorIndexSpec } from '../../ports/vector-index.ts'
import { type ElasticsearchClient, reasonOf } from '../elasticsearch-client.ts'
import { createIndex, type IndexMapping, type IndexTemplate, readMapping } from '../elasticsearch-indexes.ts'

/** The graphs that Elasticsearch can walk: over whole floats, over 1 byte or over 1 bit a dimension. */
export type GraphKind = 'hnsw' | 'int8_hnsw' | 'bbq_hnsw'

/** Where the vector is beside an item's attributes. */
export const VECTOR_FIELD = 'vector'

/** What an index is, as its mapping says. */
export interface StoredVectorIndex {
  readonly dims: number
  readonly kind: GraphKind | 'flat'
}

/**
 * Creates a vector index where it is missing. Rejects with REP_VECTOR_DIMS where it has other dimensions, with
 * REP_ENVIRONMENT where it is of another kind that Elasticsearch cannot change in place.
 */
export async function ensureVectorIndex(
  client: ElasticsearchClient,
  spec: VectorIndexSpec,
  options: { readonly template: IndexTemplate | undefined; readonly graph: GraphKind },
): Promise<StoredVectorIndex> {
  const { index, dims } = spec
  const kind = kindOf(spec.kind, options.graph)
  const present = await readMapping(client, index)
  if (present === null) await createIndex(client, index, templateOf(options.template, dims, kind))
  const stored = storedIndex(index, present ?? (await readMapping(client, index)))
  if (stored.dims !== dims) {
    throw new RepError(
      'REP_VECTOR_DIMS',
      `Vector index ${index} holds vectors of ${stored.dims} dimensions; ${dims} were asked for.`,
    )
  }
  if (stored.kind !== kind) await changeKind(client, index, { dims, kind })
  return { dims, kind }
}

/** What the mapping of an index says of its vectors. Throws REP_NOT_FOUND where it holds none. */
export function storedIndex(index: string, mapping: IndexMapping | null): StoredVectorIndex {
  const field = mapping?.properties[VECTOR_FIELD]
  const type = (field?.index_options as { type?: string } | undefined)?.type
  if (typeof field?.dims === 'number' && type !== undefined)
    return { dims: field.dims, kind: type as StoredVectorIndex['kind'] }
  throw new RepError('REP_NOT_FOUND', `There is no vector index ${index}.`)
}

async function changeKind(
  client: ElasticsearchClient,
  index: string,
  wanted: StoredVectorIndex,
): Promise<void> {
  const { status, body } = await client.attempt({
    method: 'PUT',
    path: `/${client.prefix}${index}/_mapping`,
    body: { properties: { [VECTOR_FIELD]: vectorField(wanted.dims, wanted.kind) } },
  })
  if (status === 200) return
  throw new RepError(
    'REP_ENVIRONMENT',
    `Vector index ${index} of Elasticsearch at ${client.host} cannot become ${wanted.kind}: ${reasonOf(body) ?? `status ${status}`}. Remove the index, or keep its kind.`,
  )
}

function kindOf(kind: VectorIndexKind, graph: GraphKind): StoredVectorIndex['kind'] {
  return kind === 'flat' ? 'flat' : graph
}

function templateOf(
  template: IndexTemplate | undefined,
  dims: number,
  kind: StoredVectorIndex['kind'],
): IndexTemplate {
  const { settings, mappings } = template ?? LENIENT
  const properties = { ...mappings.properties, [VECTOR_FIELD]: vectorField(dims, kind) }
  return { settings, mappings: { ...mappings, properties } }
}

function vectorField(dims: number, kind: StoredVectorIndex['kind']): Readonly<Record<string, unknown>> {
  return { type: 'dense_vector', dims, index: true, similarity: 'cosine', index_options: { type: kind } }
}

/** Only what can be filtered by is indexed; other attributes are kept as they came. */
const LENIENT: IndexTemplate = {
  settings: {
    number_of_shards: 1,
    number_of_replicas: 0,
    refresh_interval: '1s',
    // Vectors are read back as they were put, not as the normalised copies that are searched.
    'mapping.exclude_source_vectors': false,
  },
  mappings: {
    dynamic: false,
    properties: {
      category: { type: 'keyword' },
      price: { type: 'double' },
      stock: { type: 'integer' },
    },
  },
}
