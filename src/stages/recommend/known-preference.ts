import { USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { decodePreference, preferenceKey } from '../../domain/preference-record.ts'
import type { Stack } from '../../ports/stack.ts'
import type { RecommendationBasis } from './recommendation.ts'

/** What is known of a user's taste now. */
export interface KnownPreference {
  readonly source: 'preference' | 'preference-backup'
  readonly vector: Float32Array
  readonly recentPurchases: readonly string[]
  readonly basis: RecommendationBasis
}

/**
 * Reads a user's preference record, or its backup where the record has expired; null where there is
 * neither. Nothing is cached: a freshness figure is only true when each answer names the record it used.
 */
export async function readPreference(
  stack: Pick<Stack, 'keyValue' | 'vectors'>,
  userId: string,
): Promise<KnownPreference | null> {
  const [bytes] = await stack.keyValue.getMany([preferenceKey(userId)])
  if (bytes === null || bytes === undefined) return fromBackup(stack, userId)
  const record = decodePreference(bytes)
  return {
    source: 'preference',
    // The record's bytes are valid only until the store's next call.
    vector: record.vector.slice(),
    recentPurchases: record.recentPurchases,
    basis: {
      actionCount: record.actionCount,
      lastTraceId: record.lastTraceId,
      updatedAt: record.updatedAtMs,
    },
  }
}

/** The backup as the preference stage writes it; an item of another make says nothing. */
async function fromBackup(stack: Pick<Stack, 'vectors'>, userId: string): Promise<KnownPreference | null> {
  const [item] = await stack.vectors.getMany(USER_PREFERENCE_INDEX, [userId])
  if (item === null || item === undefined) return null
  const { actionCount, lastTraceId, updatedAtMs, recentPurchases } = item.attributes
  if (
    typeof actionCount !== 'number' ||
    typeof lastTraceId !== 'string' ||
    typeof updatedAtMs !== 'number' ||
    typeof recentPurchases !== 'string'
  ) {
    return null
  }
  return {
    source: 'preference-backup',
    vector: item.vector.slice(),
    recentPurchases: JSON.parse(recentPurchases) as string[],
    basis: { actionCount, lastTraceId, updatedAt: updatedAtMs },
  }
}
