import type { InventoryChange } from '../../domain/events.ts'
import { USER_BEHAVIOR_INDEX, USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { isZero } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'

const REFRESH_MS = 1000
/** One user acts several times on a product: so many documents are read for each user wanted, but never more than the most. */
const DOCUMENTS_PER_USER = 4
const MOST_DOCUMENTS = 10_000
const FIELDS = ['userId', 'actionType']
const INTERESTED: ReadonlySet<unknown> = new Set(['VIEW', 'ADD_TO_CART', 'LIKE'])

export interface AudienceSettings {
  readonly recentMs: number
  readonly nearestUsers: number
  readonly fanOut: number
}

/** Finds whom a change may interest. */
export class Audience {
  readonly #stack: Stack
  readonly #settings: AudienceSettings
  #refreshedMs = Number.NEGATIVE_INFINITY

  constructor(stack: Stack, settings: AudienceSettings) {
    this.#stack = stack
    this.#settings = settings
  }

  /**
   * Candidates, each once: first those who viewed, carted or liked the product within `recentMs` before the change
   * (event time), latest first; then those whose preference is nearest `vector`, nearest first. More than
   * `fanOut`, for some of them may have been told already.
   */
  async of(change: InventoryChange, vector: Float32Array | null): Promise<readonly string[]> {
    if (this.#settings.fanOut === 0) return []
    const [recent, nearest] = await Promise.all([
      this.#recent(change),
      vector === null ? [] : this.#nearest(vector),
    ])
    return [...new Set([...recent, ...nearest])]
  }

  async #recent({ productId, timestamp }: InventoryChange): Promise<readonly string[]> {
    const { fanOut, recentMs } = this.#settings
    const users: string[] = []
    const query = {
      field: 'productId',
      value: productId,
      sinceMs: timestamp - recentMs,
      limit: Math.min(MOST_DOCUMENTS, fanOut * DOCUMENTS_PER_USER),
    }
    const actions = await this.#stack.documents.searchFields(USER_BEHAVIOR_INDEX, query, FIELDS)
    for (const { actionType, userId } of actions) {
      if (INTERESTED.has(actionType) && typeof userId === 'string') users.push(userId)
    }
    return users
  }

  async #nearest(vector: Float32Array): Promise<readonly string[]> {
    const { vectors } = this.#stack
    const { nearestUsers: k } = this.#settings
    if (k === 0 || isZero(vector)) return []
    const nowMs = performance.now()
    if (nowMs - this.#refreshedMs >= REFRESH_MS) {
      await vectors.refresh(USER_PREFERENCE_INDEX)
      this.#refreshedMs = nowMs
    }
    const hits = await vectors.search(USER_PREFERENCE_INDEX, { vector, k })
    // At 0 and below a preference has nothing to do with the product, or points away from it.
    return hits.filter(({ score }) => score > 0).map(({ id }) => id)
  }
}
