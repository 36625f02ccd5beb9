import { recentKey } from '../../domain/features/feature-keys.ts'
import { PRODUCT_INDEX } from '../../domain/indexes.ts'
import { axpby, isZero, normalise } from '../../domain/vector.ts'
import type { Stack } from '../../ports/stack.ts'

/** Weight of each product, as a share of that of the one acted on after it. */
const DECAY = 0.9

/**
 * The direction of the products that a user acted on last, the newest weighing most, with length 1; null where
 * the feature stage knows of none, or none is in the catalogue.
 */
export async function readRecent(
  stack: Pick<Stack, 'keyValue' | 'vectors'>,
  userId: string,
  dims: number,
): Promise<Float32Array | null> {
  const [ids = []] = await stack.keyValue.getLists([recentKey(userId)])
  if (ids.length === 0) return null
  const items = await stack.vectors.getMany(PRODUCT_INDEX, ids)
  const sum = new Float32Array(dims)
  let weight = 1
  for (const item of items) {
    if (item !== null) axpby(weight, normalise(item.vector.slice()), 1, sum)
    weight *= DECAY
  }
  return isZero(sum) ? null : normalise(sum)
}
