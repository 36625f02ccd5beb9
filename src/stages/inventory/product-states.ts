import type { InventoryChange } from '../../domain/events.ts'
import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import type { VectorAttributes, VectorIndex, VectorItem } from '../../ports/vector-index.ts'

/** The products that a batch changes: as the index has them, then as the changes make them. */
export class ProductStates {
  readonly #vectors: VectorIndex
  readonly #items = new Map<string, VectorItem>()
  readonly #changed = new Set<string>()

  private constructor(vectors: VectorIndex) {
    this.#vectors = vectors
  }

  /** Reads these products; unknown ones stay unknown. */
  static async load(vectors: VectorIndex, productIds: ReadonlySet<string>): Promise<ProductStates> {
    const states = new ProductStates(vectors)
    if (productIds.size === 0) return states
    for (const item of await vectors.getMany(PRODUCT_INDEX, [...productIds])) {
      if (item !== null) states.#items.set(item.id, item)
    }
    return states
  }

  get(productId: string): VectorItem | null {
    return this.#items.get(productId) ?? null
  }

  apply({ productId, kind, price, stock }: InventoryChange): void {
    const item = this.#items.get(productId)
    if (item === undefined) return
    const value: VectorAttributes = kind === 'PRICE' ? { price: price! } : { stock: stock! }
    this.#items.set(productId, { ...item, attributes: { ...item.attributes, ...value } })
    this.#changed.add(productId)
  }

  /** Writes what changed, so that recommendations filter by it. */
  async store(): Promise<void> {
    if (this.#changed.size === 0) return
    const items = Array.from(this.#changed, (id) => ({ id, attributes: this.#items.get(id)!.attributes }))
    await this.#vectors.updateAttributes(PRODUCT_INDEX, items)
  }
}
