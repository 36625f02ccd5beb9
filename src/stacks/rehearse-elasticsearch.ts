import { USER_BEHAVIOR_INDEX } from '../domain/indexes.ts'
import { ElasticsearchDocumentIndex } from '../drivers/document-index/elasticsearch.ts'
import { ElasticsearchClient } from '../drivers/elasticsearch-client.ts'
import { removeOwned } from '../drivers/elasticsearch-owners.ts'
import type { IndexedDocument } from '../ports/document-index.ts'
import { readTemplates } from './index-templates.ts'
import type { StackDescription } from './stack-description.ts'

/** Where the documents go; deleted afterwards. */
export const REHEARSAL_INDEX = 'rehearsal_index'
const SPEC = { index: REHEARSAL_INDEX, lookups: ['userId'], time: 'timestamp' }

const BULK = 1000
const BULKS_A_ROUND = 10
/** A round that is not faster than the fastest before it by this factor brings nothing. */
const WORTHWHILE = 0.9
/** Such rounds in a row that end it: one may have been disturbed. */
const IDLE_ROUNDS = 2
const MAX_ROUNDS = 30

export interface Rehearsal {
  readonly documents: number
  /** How long the first and the fastest round took, µs a document. */
  readonly firstUs: number
  readonly fastestUs: number
}

/**
 * Writes documents like those of `user_behavior_index` until Elasticsearch gets no faster, at most 300,000. Its JVM
 * has just started or has served nothing yet, and compiles what is used much: while that lasts, a document costs up
 * to eight times what it costs afterwards, which would be measured in place of the pipeline.
 */
export async function rehearseElasticsearch(
  stack: StackDescription,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const client = new ElasticsearchClient({ node: stack.elasticsearch, prefix: '' })
  const template = readTemplates()[USER_BEHAVIOR_INDEX]
  const index = new ElasticsearchDocumentIndex(
    client,
    template === undefined ? {} : { [REHEARSAL_INDEX]: template },
  )
  try {
    // One that was interrupted left its own behind.
    await removeOwned(client, REHEARSAL_INDEX)
    await index.ensureIndexes([SPEC])
    return await writeRounds(index, signal)
  } finally {
    await removeOwned(client, REHEARSAL_INDEX)
    await index.close()
    await client.close()
  }
}

async function writeRounds(index: ElasticsearchDocumentIndex, signal: AbortSignal): Promise<Rehearsal> {
  let firstMs = 0
  let fastestMs = Number.POSITIVE_INFINITY
  let idle = 0
  let round = 0
  while (round < MAX_ROUNDS && idle < IDLE_ROUNDS) {
    const beganMs = performance.now()
    for (let i = 0; i < BULKS_A_ROUND; i++) {
      await index.upsertMany(REHEARSAL_INDEX, documents((round * BULKS_A_ROUND + i) * BULK), signal)
    }
    const tookMs = performance.now() - beganMs
    if (round === 0) firstMs = tookMs
    idle = tookMs < WORTHWHILE * fastestMs ? 0 : idle + 1
    fastestMs = Math.min(fastestMs, tookMs)
    round++
  }
  const each = (ms: number): number => (ms * 1e3) / (BULKS_A_ROUND * BULK)
  return { documents: round * BULKS_A_ROUND * BULK, firstUs: each(firstMs), fastestUs: each(fastestMs) }
}

const TYPES = ['VIEW', 'CLICK', 'SEARCH', 'ADD_TO_CART', 'PURCHASE', 'IMPRESSION']

/** Of the shape and about the variety of a run's. */
function documents(from: number): IndexedDocument[] {
  return Array.from({ length: BULK }, (_, i) => {
    const n = from + i
    const actionType = TYPES[n % TYPES.length]!
    const user = (n * 7919) % 50_000
    return {
      id: `rehearsal-${String(n).padStart(26, '0')}`,
      fields: {
        userId: `user-${user}`,
        sessionId: `session-${user}-${n % 7}`,
        actionType,
        productId: `product-${(n * 104_729) % 5000}`,
        category: `category-${n % 40}`,
        price: (n % 10_000) / 100,
        query: actionType === 'SEARCH' ? `query ${n % 500}` : null,
        timestamp: 1_700_000_000_000 + n,
        partition: n % 12,
        offset: n,
      },
    }
  })
}
