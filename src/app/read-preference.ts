import { decodePreference, preferenceKey } from '../domain/preference-record.ts'
import { RepError } from '../errors/rep-error.ts'
import { type LeftStack, withKeyValue } from './left-stack.ts'

/** A preference record as JSON would show it. */
export interface ShownPreference {
  readonly userId: string
  readonly actionCount: number
  readonly updatedAt: string
  readonly partition: number
  /** Of the last applied action; null where the record was there before the first. */
  readonly offset: number | null
  readonly lastTraceId: string
  readonly recentPurchases: readonly string[]
  readonly preferenceVector: readonly number[]
}

/** Reads one user's preference from what the last run left. Rejects with REP_NOT_FOUND where there is none. */
export async function readPreferenceOf(stack: LeftStack, userId: string): Promise<ShownPreference> {
  const [bytes] = await withKeyValue(stack, (keyValue) => keyValue.getMany([preferenceKey(userId)]))
  if (bytes === null || bytes === undefined)
    throw new RepError('REP_NOT_FOUND', `The ${stack.name} stack has no preference of user “${userId}”.`)
  const { actionCount, updatedAtMs, partition, offset, lastTraceId, recentPurchases, vector } =
    decodePreference(bytes)
  return {
    userId,
    actionCount,
    updatedAt: new Date(updatedAtMs).toISOString(),
    partition,
    offset: offset < 0 ? null : offset,
    lastTraceId,
    recentPurchases,
    preferenceVector: Array.from(vector),
  }
}
