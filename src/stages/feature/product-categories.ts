import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import type { Stack } from '../../ports/stack.ts'

const MOST_KEPT = 200_000

/** Categories of products from the catalogue, for actions that name none; keeps those that it found. */
export class ProductCategories {
  readonly #vectors: Stack['vectors']
  readonly #kept = new Map<string, string>()

  constructor({ vectors }: Pick<Stack, 'vectors'>) {
    this.#vectors = vectors
  }

  /** Looks up what is not known yet. */
  async load(productIds: ReadonlySet<string>): Promise<void> {
    const missing = [...productIds].filter((id) => !this.#kept.has(id))
    if (missing.length === 0) return
    const items = await this.#vectors.getMany(PRODUCT_INDEX, missing)
    if (this.#kept.size + missing.length > MOST_KEPT) this.#kept.clear()
    for (const [i, item] of items.entries()) {
      const category = item?.attributes.category
      if (category !== undefined) this.#kept.set(missing[i]!, category)
    }
  }

  /** Null where the catalogue does not say. */
  of(productId: string): string | null {
    return this.#kept.get(productId) ?? null
  }
}
