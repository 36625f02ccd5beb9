import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { decodePreference, encodePreference, preferenceKey } from '../domain/preference-record.ts'
import { NO_TRACE_ID } from '../domain/trace-id.ts'
import { axpby, normalise } from '../domain/vector.ts'
import { RepError } from '../errors/rep-error.ts'
import { Random } from '../kernel/random.ts'
import { generateCatalogue } from '../load/catalogue.ts'
import { userIdOf } from '../load/user-picker.ts'
import type { Stack } from '../ports/stack.ts'
import type { Recommender } from '../stages/recommend/recommender.ts'
import { seedCatalogue } from './seed.ts'

export interface BenchData {
  readonly products: number
  readonly users: number
  readonly seed: number
}

const CATEGORIES = 40
/** Products that a user's taste is the mean of. */
const TASTES = 3
const BATCH = 1000

/** Fills a stack with a generated catalogue and a preference for each user; the same seed, the same data. */
export async function seedBench(stack: Stack, { products, users, seed }: BenchData): Promise<void> {
  const { dims } = stack.embedder.capabilities
  await stack.vectors.ensureIndexes([
    { index: PRODUCT_INDEX, dims, kind: 'hnsw' },
    { index: USER_PREFERENCE_INDEX, dims, kind: 'flat' },
  ])
  const vectors = await seedCatalogue(stack, generateCatalogue({ products, categories: CATEGORIES }, seed))
  const random = new Random(seed, 'bench/tastes')
  for (let start = 0; start < users; start += BATCH) {
    const count = Math.min(BATCH, users - start)
    const entries = Array.from({ length: count }, (_, i) => {
      const vector = new Float32Array(dims)
      for (let taste = 0; taste < TASTES; taste++) {
        const product = random.below(products)
        axpby(1, vectors.subarray(product * dims, (product + 1) * dims), 1, vector)
      }
      return { key: preferenceKey(userIdOf(start + i)), value: preferenceBytes(normalise(vector)) }
    })
    await stack.keyValue.setMany(entries)
  }
}

function preferenceBytes(vector: Float32Array): Uint8Array {
  return encodePreference({
    offset: 0,
    partition: 0,
    actionCount: TASTES,
    updatedAtMs: 0,
    lastTraceId: NO_TRACE_ID,
    vector,
    recentPurchases: [],
  })
}

const RECALL_USERS = 200
const RECALL_K = 10

/**
 * Mean share of the 10 exactly nearest products that are among the 10 recommended, over at most 200 users.
 * A product as near as the exact tenth counts, whichever of the equals was returned.
 */
export async function recallAt10(stack: Stack, recommender: Recommender, users: number): Promise<number> {
  const sample = Math.min(users, RECALL_USERS)
  let found = 0
  let wanted = 0
  for (let i = 0; i < sample; i++) {
    const userId = userIdOf(Math.floor((i * users) / sample))
    const { items } = await recommender.recommend(userId, { limit: RECALL_K })
    const vector = await tasteOf(stack, userId)
    const exact = await stack.vectors.searchExact(PRODUCT_INDEX, { vector, k: RECALL_K })
    const worst = exact.at(-1)?.score ?? 1
    found += items.filter(({ score }) => score >= worst - 1e-6).length
    wanted += exact.length
  }
  return wanted === 0 ? 0 : Math.min(1, found / wanted)
}

async function tasteOf(stack: Stack, userId: string): Promise<Float32Array> {
  const [bytes] = await stack.keyValue.getMany([preferenceKey(userId)])
  if (!bytes) throw new RepError('REP_INTERNAL', `user ${userId} was not seeded`)
  return decodePreference(bytes).vector.slice()
}
