import { loadFeatures } from '../config/features/load-features.ts'
import type { FeatureDefinitions } from '../domain/features/definitions.ts'
import { featuresKey, recentKey } from '../domain/features/feature-keys.ts'
import { RepError } from '../errors/rep-error.ts'
import { type LeftStack, withKeyValue } from './left-stack.ts'

/** A user's features as JSON would show them. */
export interface ShownFeatures {
  readonly userId: string
  readonly features: Readonly<Record<string, string>>
  /** Products acted on last, newest first. */
  readonly recent: readonly string[]
}

/** Reads one user's features from what the last run left. Rejects with REP_NOT_FOUND where there are none. */
export async function readFeaturesOf(stack: LeftStack, userId: string): Promise<ShownFeatures> {
  return withKeyValue(stack, async (keyValue) => {
    const [features = null] = await keyValue.getHashes([featuresKey(userId)])
    const [recent = []] = await keyValue.getLists([recentKey(userId)])
    if (features !== null) return { userId, features, recent }
    throw new RepError(
      'REP_NOT_FOUND',
      `The ${stack.name} stack has no features of user “${userId}”: they are kept in runs with --set pipeline.features.enabled=true.`,
    )
  })
}

/** Reads a file of feature definitions. Throws REP_CONFIG with every fault and its place, or REP_NOT_FOUND. */
export function checkFeatureFile(file: string): FeatureDefinitions {
  return loadFeatures(file)
}
