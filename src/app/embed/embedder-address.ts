import { HashingEmbedder } from '../../drivers/embedder/hashing.ts'
import { HttpEmbedder } from '../../drivers/embedder/http-embedder.ts'
import { ResilientEmbedder } from '../../drivers/embedder/resilient.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Stack } from '../../ports/stack.ts'

/** Where an embedding service is, and what it serves. */
export interface EmbedderPlace {
  readonly url: string
  readonly capabilities: Embedder['capabilities']
}

/** An embedding service that threads of a run use; survives a structured clone, the count shared. */
export interface EmbedderAddress extends EmbedderPlace {
  /** One 32-bit integer: texts of all threads that the fallback answered. */
  readonly fallbackTexts: SharedArrayBuffer
}

/** The service as this process is about to use it: nothing has failed yet. */
export function embedderAddress({ url, capabilities }: EmbedderPlace): EmbedderAddress {
  return { url, capabilities, fallbackTexts: new SharedArrayBuffer(4) }
}

/** Counts texts that the fallback answered, here or in another process of the run. */
export function addFallbackTexts({ fallbackTexts }: EmbedderAddress, texts: number): void {
  Atomics.add(new Int32Array(fallbackTexts), 0, texts)
}

/** How many texts of a run the service did not answer. */
export function fallbackTextsOf({ fallbackTexts }: EmbedderAddress): number {
  return Atomics.load(new Int32Array(fallbackTexts), 0)
}

/** The stack with the service in place of its own embedder, called so that the service's trouble stays its own. */
export function withEmbedder(stack: Stack, address: EmbedderAddress, log?: (line: string) => void): Stack {
  const { url, capabilities } = address
  const embedder = new ResilientEmbedder(
    new HttpEmbedder({ url, capabilities }),
    new HashingEmbedder(capabilities.dims),
    {
      onFallback: (texts) => addFallbackTexts(address, texts),
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
