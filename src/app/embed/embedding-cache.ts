import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import { openEmbeddedStack } from '../../stacks/embedded.ts'
import { redisAccess } from '../../stacks/service-access.ts'
import { type NamedStack, requireStack } from '../describe-stack.ts'
import type { Home } from '../home.ts'

export interface EmbeddingCache {
  readonly keyValue: KeyValue
  close(): Promise<void>
}

/** Which stack's keys hold the cache. */
export type CacheStack = NamedStack & { readonly home: Pick<Home, 'embeddings'> }

/**
 * The cache that outlives a process: of a stack of real services its Redis; beside the embedded stack a store
 * of its own, since every run empties that stack.
 */
export async function openEmbeddingCache(place: CacheStack): Promise<EmbeddingCache> {
  if (place.name === 'embedded') {
    // No vectors are indexed in it.
    const { keyValue, close } = await openEmbeddedStack({ dataDir: place.home.embeddings, dims: 1 })
    return { keyValue, close }
  }
  const description = await requireStack(place, ['redis'])
  const keyValue = await openRedisKeyValue(redisAccess(description))
  return { keyValue, close: () => keyValue.close() }
}
