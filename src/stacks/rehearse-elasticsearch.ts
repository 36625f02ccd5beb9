import { PRODUCT_INDEX, USER_BEHAVIOR_INDEX, USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { ElasticsearchDocumentIndex } from '../drivers/document-index/elasticsearch.ts'
import { ElasticsearchClient } from '../drivers/elasticsearch-client.ts'
import { removeOwned } from '../drivers/elasticsearch-owners.ts'
import { ElasticsearchVectorIndex } from '../drivers/vector-index/elasticsearch.ts'
import type { VectorItem } from '../ports/vector-index.ts'
import { readTemplates } from './index-templates.ts'
import { rehearsalDocuments, rehearsalVectors } from './rehearsal-data.ts'
import type { StackDescription } from './stack-description.ts'

/** Documents that a node has indexed since it started when nearly all of what indexes them is compiled. */
const WARM_DOCUMENTS = 800_000
const BULK = 1000
/** What goes with each bulk, so that each kind of request is made some thousand times. */
const ASKED = 6
/** Bulks under way at once, each with what goes with it: about what the stages of a run have. */
const LANES = 4
const VECTORS = 5000
const DIMS = 384
const USERS = 50_000
/** Hits and ids of a request: what recommendations and audiences ask for. */
const HITS = 100
const FIELDS_HITS = 800
const FEW = 20

const DOCUMENTS = 'rehearsal_document_index'
const GRAPH = 'rehearsal_graph_index'
const FLAT = 'rehearsal_flat_index'
const INDEXES = [DOCUMENTS, GRAPH, FLAT]

/**
 * Writes documents and searches, on indexes of its own, until Elasticsearch has indexed 800,000 documents since it
 * started. Its JVM compiles what is used much; until it has, a document costs up to eight times what it costs ever
 * after and a search may wait for seconds, which a run would measure in place of its pipeline.
 *
 * @param onCold told before it begins, with the number of documents to come; not where the node is warm
 */
export async function rehearseElasticsearch(
  stack: StackDescription,
  { signal, onCold }: { readonly signal: AbortSignal; readonly onCold: (documents: number) => void },
): Promise<void> {
  const client = new ElasticsearchClient({ node: stack.elasticsearch, prefix: '' })
  try {
    const left = WARM_DOCUMENTS - (await indexedSinceStart(client))
    if (left <= 0) return
    onCold(left)
    try {
      await rehearse(client, left, signal)
    } finally {
      // Also what one left behind that was killed.
      for (const index of INDEXES) await removeOwned(client, index)
    }
  } finally {
    await client.close()
  }
}

/** Of the node that has indexed least. */
async function indexedSinceStart(client: ElasticsearchClient): Promise<number> {
  const { nodes } = await client.request<{
    nodes: Readonly<Record<string, { indices: { indexing: { index_total: number } } }>>
  }>({
    method: 'GET',
    path: '/_nodes/stats/indices/indexing',
    query: { filter_path: 'nodes.*.indices.indexing.index_total' },
  })
  return Math.min(...Object.values(nodes).map(({ indices }) => indices.indexing.index_total))
}

async function rehearse(client: ElasticsearchClient, left: number, signal: AbortSignal): Promise<void> {
  const templates = readTemplates()
  const documents = new ElasticsearchDocumentIndex(client, { [DOCUMENTS]: templates[USER_BEHAVIOR_INDEX]! })
  const vectors = new ElasticsearchVectorIndex(client, {
    templates: { [GRAPH]: templates[PRODUCT_INDEX]!, [FLAT]: templates[USER_PREFERENCE_INDEX]! },
  })
  for (const index of INDEXES) await removeOwned(client, index)
  await documents.ensureIndexes([{ index: DOCUMENTS, lookups: ['userId', 'productId'], time: 'timestamp' }])
  await vectors.ensureIndexes([
    { index: GRAPH, dims: DIMS, kind: 'hnsw' },
    { index: FLAT, dims: DIMS, kind: 'flat' },
  ])
  for (const index of [GRAPH, FLAT]) {
    await vectors.upsertMany(index, rehearsalVectors(VECTORS, DIMS), signal)
    await vectors.refresh(index)
  }
  const run = new Rehearsal({ documents, vectors, signal })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < left) {
      const from = next
      next += BULK
      await run.step(from)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

interface RehearsalParts {
  readonly documents: ElasticsearchDocumentIndex
  readonly vectors: ElasticsearchVectorIndex
  readonly signal: AbortSignal
}

/** Makes every kind of request that the pipeline makes. */
class Rehearsal {
  readonly #parts: RehearsalParts
  readonly #items = rehearsalVectors(VECTORS, DIMS)

  constructor(parts: RehearsalParts) {
    this.#parts = parts
  }

  /** A bulk of documents, number `from` and on, and a few of each other request. */
  async step(from: number): Promise<void> {
    const { documents, vectors, signal } = this.#parts
    await documents.upsertMany(DOCUMENTS, rehearsalDocuments(from, BULK, USERS), signal)
    for (let i = 0; i < ASKED; i++) {
      const at = (from / BULK) * ASKED + i
      const { vector } = this.#items[at % VECTORS]!
      const query = { field: 'productId', value: `product-${at % 5000}`, limit: FIELDS_HITS }
      await vectors.search(GRAPH, { vector, k: HITS, candidates: HITS })
      await vectors.search(FLAT, { vector, k: HITS })
      await vectors.getMany(
        GRAPH,
        this.#some(at, HITS).map(({ id }) => id),
      )
      await vectors.upsertMany(FLAT, this.#some(at, FEW), signal)
      await documents.searchFields(DOCUMENTS, query, ['userId', 'actionType'])
      await documents.upsertMany(DOCUMENTS, rehearsalDocuments(at * FEW, FEW, USERS), signal)
    }
  }

  #some(at: number, count: number): VectorItem[] {
    const start = (at * count) % (VECTORS - count)
    return this.#items.slice(start, start + count)
  }
}
