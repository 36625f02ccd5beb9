import { HashingEmbedder } from '../../drivers/embedder/hashing.ts'
import { HttpEmbedder } from '../../drivers/embedder/http-embedder.ts'
import { ResilientEmbedder } from '../../drivers/embedder/resilient.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Stack } from '../../ports/stack.ts'

/** An embedding service that threads of a run use; survives a structured clone, the count shared. */
export interface EmbedderAddress {
  readonly url: string
  readonly capabilities: Embedder['capabilities']
  /** One 32-bit integer: texts of all threads that the fallback answered. */
  readonly fallbackTexts: SharedArrayBuffer
}

/** How many texts of a run the service did not answer. */
export function fallbackTextsOf({ fallbackTexts }: EmbedderAddress): number {
  return Atomics.load(new Int32Array(fallbackTexts), 0)
}

/** The stack with the service in place of its own embedder, called so that the service's trouble stays its own. */
export function withEmbedder(stack: Stack, address: EmbedderAddress, log?: (line: string) => void): Stack {
  const { url, capabilities } = address
  const count = new Int32Array(address.fallbackTexts)
  const embedder = new ResilientEmbedder(
    new HttpEmbedder({ url, capabilities }),
    new HashingEmbedder(capabilities.dims),
    {
      onFallback: (texts) => void Atomics.add(count, 0, texts),
      ...(log === undefined ? {} : { log }),
    },
  )
  return {
    ...stack,
    embedder,
    describe: async () => ({ ...(await stack.describe()), embedder: capabilities.model }),
    close: async () => {
      await embedder.close()
      await stack.close()
    },
  }
}
