import { popularKey } from '../../domain/indexes.ts'
import type { UpsertResult } from '../../ports/document-index.ts'
import type { KeyValue, RankedMember } from '../../ports/key-value.ts'
import type { BehaviorDocument } from './behavior-document.ts'

export interface StoredDocuments {
  readonly documents: readonly BehaviorDocument[]
  /** Which of them were new; null where that is not known: then all count. */
  readonly upserted: UpsertResult | null
}

/** Scores to add, by ranked set and product. */
export type Increments = Map<string, Map<string, number>>

/**
 * Adds up what these actions are worth to the popularity of products, of all and of each category: the weight
 * of each action, where it is positive. Only documents that were new count.
 */
export function foldPopularity(
  { documents, upserted }: StoredDocuments,
  weights: Readonly<Record<string, number>>,
  increments: Increments,
): void {
  for (let i = 0; i < documents.length; i++) {
    const { productId, category, actionType } = documents[i]!.fields
    const weight = weights[actionType] ?? 0
    if (productId === null || weight <= 0 || upserted?.created[i] === 0) continue
    add(increments, popularKey(), productId, weight)
    if (category !== null) add(increments, popularKey(category), productId, weight)
  }
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
