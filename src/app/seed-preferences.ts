import type { Scenario } from '../config/scenario.ts'
import type { Product } from '../domain/events.ts'
import { USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { encodePreference, preferenceKey } from '../domain/preference-record.ts'
import { TOPICS, USER_ACTION } from '../domain/topics.ts'
import { NO_TRACE_ID } from '../domain/trace-id.ts'
import { axpby, normalise } from '../domain/vector.ts'
import { partitionOf } from '../kernel/hash.ts'
import { ProductPicker } from '../load/product-picker.ts'
import { isCold, userIdOf, userKey } from '../load/user-picker.ts'
import type { KeyValueEntry } from '../ports/key-value.ts'
import type { Stack } from '../ports/stack.ts'
import type { VectorItem } from '../ports/vector-index.ts'
import { backupItem } from '../stages/preference/preference-backup.ts'

const BATCH = 1000
/** Length of a seeded vector: a taste that the run's actions can still turn. */
const STRENGTH = 0.5

export interface KnownCatalogue {
  readonly products: readonly Product[]
  /** `dims` values a product. */
  readonly vectors: Float32Array
}

/**
 * Gives the users who are not cold a preference as they would have from earlier visits: the mean of their
 * favourite categories, stored as version 0, before the first offset, and backed up. Returns how many.
 */
export async function seedPreferences(
  stack: Stack,
  scenario: Scenario,
  catalogue: KnownCatalogue,
): Promise<number> {
  const { seed, users, pipeline } = scenario
  const picker = new ProductPicker(catalogue.products, scenario.catalogue)
  const centroids = categoryCentroids(picker, catalogue.vectors)
  const partitions = TOPICS.find((topic) => topic.name === USER_ACTION)!.partitions
  let seeded = 0
  let entries: KeyValueEntry[] = []
  let backups: VectorItem[] = []
  for (let user = 0; user < users.count; user++) {
    const key = userKey(seed, user)
    if (!isCold(key, users.coldShare)) {
      const userId = userIdOf(user)
      const record = {
        offset: -1,
        partition: partitionOf(Buffer.from(userId), partitions),
        actionCount: 0,
        updatedAtMs: scenario.startsAtMs,
        lastTraceId: NO_TRACE_ID,
        vector: tasteOf(picker.favourites(key), centroids),
        recentPurchases: [],
      }
      const value = encodePreference(record)
      entries.push({ key: preferenceKey(userId), value, ttlMs: pipeline.preference.ttlMs })
      backups.push(backupItem(userId, record))
      seeded++
    }
    if (entries.length === BATCH || user === users.count - 1) {
      await stack.keyValue.setMany(entries)
      await stack.vectors.upsertMany(USER_PREFERENCE_INDEX, backups)
      entries = []
      backups = []
    }
  }
  return seeded
}

function tasteOf(categories: readonly number[], centroids: readonly Float32Array[]): Float32Array {
  const vector = new Float32Array(centroids[0]!.length)
  categories.forEach((category, rank) => {
    axpby(1 / (rank + 1), centroids[category]!, 1, vector)
  })
  normalise(vector)
  axpby(0, vector, STRENGTH, vector)
  return vector
}

function categoryCentroids(picker: ProductPicker, vectors: Float32Array): Float32Array[] {
  const dims = vectors.length / picker.categoryOf.length
  const centroids = picker.categories.map(() => new Float32Array(dims))
  picker.categoryOf.forEach((category, product) => {
    axpby(1, vectors.subarray(product * dims, (product + 1) * dims), 1, centroids[category]!)
  })
  return centroids.map((centroid) => normalise(centroid))
}
