import type { Scenario } from '../config/scenario.ts'
import type { Product } from '../domain/events.ts'
import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { TOPICS } from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
import type { Stack } from '../ports/stack.ts'
import type { VectorItem } from '../ports/vector-index.ts'
import { POST_INDEX_SPEC } from '../stages/collect/post-index.ts'

const BATCH = 1000

/** Topics and indexes of the pipeline. */
export async function createStores(stack: Stack, scenario: Scenario): Promise<void> {
  const { dims } = stack.embedder.capabilities
  await stack.log.ensureTopics(TOPICS)
  await stack.documents.ensureIndexes([POST_INDEX_SPEC])
  await stack.vectors.ensureIndexes([
    { index: PRODUCT_INDEX, dims, kind: scenario.pipeline.recommend.indexKind },
    { index: USER_PREFERENCE_INDEX, dims, kind: 'flat' },
  ])
}

/** Embeds the catalogue and indexes it; returns the vectors, `dims` values a product. */
export async function seedCatalogue(stack: Stack, products: readonly Product[]): Promise<Float32Array> {
  const { dims } = stack.embedder.capabilities
  const vectors = new Float32Array(products.length * dims)
  for (let start = 0; start < products.length; start += BATCH) {
    const batch = products.slice(start, start + BATCH)
    vectors.set(await indexProducts(stack, batch), start * dims)
  }
  return vectors
}

/** Embeds a batch of products and indexes it; returns the vectors. */
export async function indexProducts(
  { embedder, vectors }: Pick<Stack, 'embedder' | 'vectors'>,
  products: readonly Product[],
): Promise<Float32Array> {
  const { dims } = embedder.capabilities
  const { rows, fallback } = await embedder.embed(products.map(productText), { kind: 'passage' })
  if (fallback !== null) throw seededByFallback(fallback)
  const items = products.map((product, i): VectorItem => {
    const { id, name, category, price, stock } = product
    const vector = rows.subarray(i * dims, (i + 1) * dims)
    return { id, vector, attributes: { name, category, price, stock } }
  })
  await vectors.upsertMany(PRODUCT_INDEX, items)
  return rows
}

/** A catalogue of two kinds of vectors could not be searched. */
function seededByFallback(fallback: string): RepError {
  return new RepError(
    'REP_STORE_UNAVAILABLE',
    `The embedding service failed, and products were not given vectors by ${fallback} in its place.`,
  )
}

/** What is embedded of a product. */
export function productText(product: Product): string {
  return `${product.name} ${product.category} ${product.description}`
}
