import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import { openEmbeddedStack } from '../../stacks/embedded.ts'
import { requireServices } from '../../stacks/require-services.ts'
import { readStackDescription } from '../../stacks/stack-description.ts'
import type { LabStackOptions } from '../lab-stack.ts'

export interface EmbeddingCache {
  readonly keyValue: KeyValue
  close(): Promise<void>
}

/**
 * The cache that outlives a process: of a stack of real services its Redis; beside the embedded stack a store
 * of its own, since every run empties that stack.
 */
export async function openEmbeddingCache({
  home,
  name,
}: Pick<LabStackOptions, 'home' | 'name'>): Promise<EmbeddingCache> {
  if (name === 'embedded') {
    // No vectors are indexed in it.
    const { keyValue, close } = await openEmbeddedStack({ dataDir: home.embeddings, dims: 1 })
    return { keyValue, close }
  }
  const description = readStackDescription(home, name)
  await requireServices(description, ['redis'])
  const keyValue = await openRedisKeyValue({ url: description.redis })
  return { keyValue, close: () => keyValue.close() }
}
