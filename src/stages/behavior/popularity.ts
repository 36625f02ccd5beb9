import { popularKey } from '../../domain/indexes.ts'
import type { KeyValue, RankedMember } from '../../ports/key-value.ts'
import type { BehaviorDocument } from './behavior-document.ts'

/** Scores to add, by ranked set and product. */
type Increments = Map<string, Map<string, number>>

/**
 * Sums what these actions add to the popularity of products, of all and of each category: the weight of each
 * action, where it is positive. Only documents whose `counted` is 1 count; all do when it is null.
 */
export function foldPopularity(
  documents: readonly BehaviorDocument[],
  weights: Readonly<Record<string, number>>,
  counted: Uint8Array | null,
): Increments {
  const increments: Increments = new Map()
  for (let i = 0; i < documents.length; i++) {
    const { productId, category, actionType } = documents[i]!.fields
    const weight = weights[actionType] ?? 0
    if (productId === null || weight <= 0 || counted?.[i] === 0) continue
    add(increments, popularKey(), productId, weight)
    if (category !== null) add(increments, popularKey(category), productId, weight)
  }
  return increments
}

/** Issues all increments at once. */
export async function rankAll(keyValue: KeyValue, increments: Increments): Promise<void> {
  const writes: Promise<void>[] = []
  for (const [key, scores] of increments) {
    const members: RankedMember[] = []
    for (const [member, score] of scores) members.push({ member, score })
    writes.push(keyValue.rankMany(key, members))
  }
  await Promise.all(writes)
}

function add(increments: Increments, key: string, member: string, score: number): void {
  let scores = increments.get(key)
  if (scores === undefined) {
    scores = new Map()
    increments.set(key, scores)
  }
  scores.set(member, (scores.get(member) ?? 0) + score)
}
