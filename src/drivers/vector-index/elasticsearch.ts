import { RepError } from '../../errors/rep-error.ts'
import type {
  VectorHit,
  VectorIndex,
  VectorIndexSpec,
  VectorItem,
  VectorQuery,
} from '../../ports/vector-index.ts'
import { type BulkOutcome, indexLine, sendBulk, updateLine } from '../elasticsearch-bulk.ts'
import type { ElasticsearchClient } from '../elasticsearch-client.ts'
import { getSources, type IndexTemplates, isId } from '../elasticsearch-indexes.ts'
import { OpenedIndexes } from '../elasticsearch-opened.ts'
import {
  ensureVectorIndex,
  type GraphKind,
  type StoredVectorIndex,
  storedIndex,
  VECTOR_FIELD,
} from './elasticsearch-mapping.ts'
import { exactHits, nearestHits } from './elasticsearch-search.ts'
import {
  attributesOf,
  decodeVector,
  encodeVector,
  hasNoDirection,
  squaredLength,
} from './elasticsearch-vectors.ts'

export interface ElasticsearchVectorOptions {
  readonly templates?: IndexTemplates
  /** What the port's `hnsw` stands for. Default `int8_hnsw`; `bbq_hnsw` takes 64 dimensions or more. */
  readonly graph?: GraphKind
}

const NOT_FOUND = 404

/**
 * Vector index on Elasticsearch: an item is a document with its attributes and its vector side by side. Reads
 * by id see every upsert at once; searches and counts see it after the next refresh. A vector of length 0 is
 * kept, but no search finds it. `updateAttributes` leaves the attributes that it does not name as they are.
 */
export class ElasticsearchVectorIndex implements VectorIndex {
  readonly capabilities = { driver: 'elasticsearch', approximate: true }
  readonly #client: ElasticsearchClient
  readonly #templates: IndexTemplates
  readonly #graph: GraphKind
  readonly #indexes: OpenedIndexes<StoredVectorIndex>

  /** The client stays the caller's to close. */
  constructor(client: ElasticsearchClient, options: ElasticsearchVectorOptions = {}) {
    this.#client = client
    this.#indexes = new OpenedIndexes(client, storedIndex)
    this.#templates = options.templates ?? {}
    this.#graph = options.graph ?? 'int8_hnsw'
  }

  async ensureIndexes(specs: readonly VectorIndexSpec[]): Promise<void> {
    for (const spec of specs) {
      const options = { template: this.#templates[spec.index], graph: this.#graph }
      this.#indexes.keep(spec.index, await ensureVectorIndex(this.#client, spec, options))
    }
  }

  async upsertMany(index: string, items: readonly VectorItem[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { dims } = await this.#indexes.open(index)
    const actions = items.map(({ id, vector, attributes }) => {
      checkId(index, id)
      const squared = checkVector(index, dims, vector, `vector ${id}`)
      return `${indexLine(id)}${withVector(JSON.stringify(attributes), squared, vector)}\n`
    })
    const { refused } = await sendBulk(this.#client, actions, { index, signal })
    failOnRefusal(index, items, refused)
  }

  async updateAttributes(index: string, items: readonly Omit<VectorItem, 'vector'>[]): Promise<void> {
    await this.#indexes.open(index)
    const actions = items.map(({ id, attributes }) =>
      isId(id) ? `${updateLine(id)}{"doc":${JSON.stringify(attributes)}}\n` : null,
    )
    const { refused } = await sendBulk(this.#client, actions, { index })
    failOnRefusal(
      index,
      items,
      refused.filter(({ status }) => status !== NOT_FOUND),
    )
  }

  async getMany(index: string, ids: readonly string[]): Promise<readonly (VectorItem | null)[]> {
    const { dims } = await this.#indexes.open(index)
    const sources = await getSources<Record<string, unknown>>(this.#client, index, ids)
    return sources.map((source, i) => {
      if (source === null) return null
      const text = source[VECTOR_FIELD]
      const vector = typeof text === 'string' ? decodeVector(text, dims) : new Float32Array(dims)
      return { id: ids[i]!, vector, attributes: attributesOf(source) }
    })
  }

  async search(index: string, query: VectorQuery): Promise<readonly VectorHit[]> {
    const stored = await this.#indexes.open(index)
    if (hasNoDirection(this.#check(index, stored.dims, query))) return []
    return nearestHits(this.#client, index, { query, kind: stored.kind })
  }

  async searchExact(index: string, query: VectorQuery): Promise<readonly VectorHit[]> {
    const stored = await this.#indexes.open(index)
    if (hasNoDirection(this.#check(index, stored.dims, query))) return []
    return exactHits(this.#client, index, { query, kind: stored.kind })
  }

  refresh(index: string): Promise<void> {
    return this.#indexes.refresh(index)
  }

  count(index: string): Promise<number> {
    return this.#indexes.count(index)
  }

  async close(): Promise<void> {
    this.#indexes.clear()
  }

  #check(index: string, dims: number, { vector, k }: VectorQuery): number {
    if (Number.isInteger(k) && k >= 1) return checkVector(index, dims, vector, 'the query')
    throw new RepError(
      'REP_USAGE',
      `A search of vector index ${index} asks for ${k} hits; ask for 1 or more.`,
    )
  }
}

/** The attributes' JSON with the vector put in; without it where the vector has no direction. */
function withVector(json: string, squared: number, vector: Float32Array): string {
  if (hasNoDirection(squared)) return json
  const field = `"${VECTOR_FIELD}":"${encodeVector(vector)}"`
  return json === '{}' ? `{${field}}` : `${json.slice(0, -1)},${field}}`
}

function failOnRefusal(
  index: string,
  items: readonly { readonly id: string }[],
  refused: BulkOutcome['refused'],
): void {
  if (refused.length === 0) return
  const details = refused.slice(0, 10).map(({ position, reason }) => `${items[position]!.id}: ${reason}`)
  throw new RepError(
    'REP_INTERNAL',
    `Vector index ${index} refused ${refused.length} of ${items.length} items, first ${details[0]}`,
    { details },
  )
}

function checkId(index: string, id: string): void {
  if (isId(id)) return
  throw new RepError(
    'REP_INTERNAL',
    `The id of an item for vector index ${index} is empty or too long: ${id}`,
  )
}

/** Returns the vector's squared length. */
function checkVector(index: string, dims: number, vector: Float32Array, what: string): number {
  if (vector.length !== dims) {
    throw new RepError(
      'REP_VECTOR_DIMS',
      `Vector index ${index} holds vectors of ${dims} dimensions; ${what} has ${vector.length}.`,
    )
  }
  const squared = squaredLength(vector)
  if (Number.isFinite(squared)) return squared
  throw new RepError(
    'REP_INTERNAL',
    `In ${what} for vector index ${index} there is a value that is no finite number.`,
  )
}
