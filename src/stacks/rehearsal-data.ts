import type { IndexedDocument } from '../ports/document-index.ts'
import type { VectorItem } from '../ports/vector-index.ts'

const TYPES = ['VIEW', 'CLICK', 'SEARCH', 'ADD_TO_CART', 'PURCHASE', 'IMPRESSION']

/** Documents number `from` and on, of the shape and about the variety that a run gives `user_behavior_index`. */
export function rehearsalDocuments(from: number, count: number, users: number): IndexedDocument[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    const user = (n * 7919) % users
    const actionType = TYPES[n % TYPES.length]!
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

/** Items with vectors of `dims` values in [-0.5, 0.5): what is near what does not matter. */
export function rehearsalVectors(count: number, dims: number): VectorItem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `rehearsal-${i}`,
    vector: Float32Array.from({ length: dims }, () => Math.random() - 0.5),
    attributes: {},
  }))
}
