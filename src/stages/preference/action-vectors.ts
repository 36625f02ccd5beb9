import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import { normalise } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'
import type { PendingAction } from './user-batch.ts'

/** Most bytes of vectors that each cache keeps. */
const CACHE_BYTES = 48 * 1024 * 1024

/**
 * The vectors that actions move a preference by: of the product, or of a search's query. Caches both, oldest
 * out first; a product whose vector changes is seen with its old one until that is out. Unknown products are
 * asked for again each time, since they may be added later; so are queries that the embedder's fallback answered,
 * whose vectors are of another kind and move nothing.
 */
export class ActionVectors {
  readonly #stack: Stack
  readonly #capacity: number
  readonly #products = new Map<string, Float32Array>()
  readonly #queries = new Map<string, Float32Array>()

  constructor(stack: Stack) {
    this.#stack = stack
    this.#capacity = Math.max(1, Math.floor(CACHE_BYTES / (4 * stack.embedder.capabilities.dims)))
  }

  /** Sets the vector of each action whose weight is not 0; it stays null where there is none. */
  async resolve(users: Iterable<readonly PendingAction[]>): Promise<void> {
    const products = new Map<string, PendingAction[]>()
    const queries = new Map<string, PendingAction[]>()
    for (const actions of users) {
      for (const action of actions) {
        if (action.weight === 0 || action.vector !== null) continue
        if (action.query !== null) this.#find(action, action.query, this.#queries, queries)
        else if (action.productId !== null) this.#find(action, action.productId, this.#products, products)
      }
    }
    if (products.size > 0) await this.#loadProducts(products)
    if (queries.size > 0) await this.#embed(queries)
  }

  #find(
    action: PendingAction,
    name: string,
    cache: ReadonlyMap<string, Float32Array>,
    missing: Map<string, PendingAction[]>,
  ): void {
    const cached = cache.get(name)
    if (cached !== undefined) {
      action.vector = cached
      return
    }
    const waiting = missing.get(name)
    if (waiting === undefined) missing.set(name, [action])
    else waiting.push(action)
  }

  async #loadProducts(missing: ReadonlyMap<string, PendingAction[]>): Promise<void> {
    const items = await this.#stack.vectors.getMany(PRODUCT_INDEX, [...missing.keys()])
    let i = 0
    for (const [productId, actions] of missing) {
      const item = items[i++]
      if (item) this.#keep(this.#products, productId, normalise(item.vector.slice()), actions)
    }
  }

  async #embed(missing: ReadonlyMap<string, PendingAction[]>): Promise<void> {
    const { embedder } = this.#stack
    const { dims } = embedder.capabilities
    const { rows, fallback } = await embedder.embed([...missing.keys()], { kind: 'query' })
    if (fallback !== null) return
    let i = 0
    for (const [query, actions] of missing) {
      this.#keep(this.#queries, query, rows.slice(i * dims, (i + 1) * dims), actions)
      i++
    }
  }

  #keep(
    cache: Map<string, Float32Array>,
    name: string,
    vector: Float32Array,
    actions: readonly PendingAction[],
  ): void {
    if (cache.size >= this.#capacity) {
      const oldest = cache.keys().next()
      if (!oldest.done) cache.delete(oldest.value)
    }
    cache.set(name, vector)
    for (const action of actions) action.vector = vector
  }
}
