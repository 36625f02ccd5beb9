import { PRODUCT_INDEX, USER_BEHAVIOR_INDEX, USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { ElasticsearchDocumentIndex } from '../drivers/document-index/elasticsearch.ts'
import { ElasticsearchClient } from '../drivers/elasticsearch-client.ts'
import { removeOwned } from '../drivers/elasticsearch-owners.ts'
import { ElasticsearchVectorIndex } from '../drivers/vector-index/elasticsearch.ts'
import { readTemplates } from './index-templates.ts'
import { rehearsalDocuments, rehearsalVectors } from './rehearsal-data.ts'
import type { StackDescription } from './stack-description.ts'

/** Documents that a node has indexed since it started when nearly all of what indexes them is compiled. */
const WARM_DOCUMENTS = 600_000
const BULK = 1000
/** Bulks under way at once: what the stages of a run have. */
const LANES = 2
const VECTORS = 5000
const DIMS = 384
const USERS = 50_000

const DOCUMENTS = 'rehearsal_document_index'
const GRAPH = 'rehearsal_graph_index'
const FLAT = 'rehearsal_flat_index'
const INDEXES = [DOCUMENTS, GRAPH, FLAT]

/**
 * Writes documents and searches, on indexes of its own, until Elasticsearch has indexed 300,000 documents since it
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
  let next = 0
  const write = async (): Promise<void> => {
    while (next < left) {
      const from = next
      next += BULK
      await documents.upsertMany(DOCUMENTS, rehearsalDocuments(from, BULK, USERS), signal)
    }
  }
  const search = async (): Promise<void> => {
    const queries = rehearsalVectors(100, DIMS)
    for (let i = 0; next < left; i++) {
      const { vector } = queries[i % queries.length]!
      await vectors.search(GRAPH, { vector, k: 20, candidates: 100 })
      await vectors.search(FLAT, { vector, k: 20 })
      await documents.search(DOCUMENTS, { field: 'userId', value: `user-${i % USERS}`, limit: 20 })
    }
  }
  await Promise.all([...Array.from({ length: LANES }, write), search()])
}
