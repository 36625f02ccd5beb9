import { existsSync } from 'node:fs'
import { decodePreference, preferenceKey } from '../domain/preference-record.ts'
import { RepError } from '../errors/rep-error.ts'
import type { Home } from './home.ts'
import { openStack } from './open-stack.ts'

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

/** Reads one user's preference from the embedded stack. Throws REP_NOT_FOUND where there is none. */
export async function readPreferenceOf(home: Home, userId: string, dims: number): Promise<ShownPreference> {
  if (!existsSync(home.embedded)) {
    throw new RepError(
      'REP_NOT_FOUND',
      `the embedded stack in ${home.embedded} is empty; run rep simulate first`,
    )
  }
  const stack = await openStack({ kind: 'embedded', dataDir: home.embedded, dims })
  try {
    const [bytes] = await stack.keyValue.getMany([preferenceKey(userId)])
    if (bytes === null || bytes === undefined) {
      throw new RepError('REP_NOT_FOUND', `no preference of user “${userId}” in ${home.embedded}`)
    }
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
  } finally {
    await stack.close()
  }
}
