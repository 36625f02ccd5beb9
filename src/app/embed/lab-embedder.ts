import type { Scenario } from '../../config/scenario.ts'
import type { Home } from '../home.ts'
import type { EmbedderAddress } from './embedder-address.ts'
import type { ModelWish } from './open-model.ts'
import { openEmbeddingService } from './open-service.ts'

/** What a run embeds with, and its scenario with the dimensions that follow from it. */
export interface LabEmbedder {
  readonly scenario: Scenario
  /** Undefined: the stack's own, by hashing. */
  readonly embedder?: EmbedderAddress
}

/** Serves a model to the threads of a run, on loopback, while `use` runs; without a wish they hash words. */
export async function withLabEmbedder<T>(
  wish: ModelWish | null,
  { scenario, home }: { readonly scenario: Scenario; readonly home: Home },
  use: (lab: LabEmbedder) => Promise<T>,
): Promise<T> {
  if (wish === null) return use({ scenario })
  // A run empties its stack, and would lose the vectors of its catalogue: they are kept beside it.
  const place = { home, name: 'embedded' }
  const service = await openEmbeddingService(wish, { host: '127.0.0.1', port: 0, place })
  try {
    const { url, capabilities } = service
    const pipeline = { ...scenario.pipeline, embedder: { dims: capabilities.dims } }
    const fallbackTexts = new SharedArrayBuffer(4)
    return await use({
      scenario: { ...scenario, pipeline },
      embedder: { url, capabilities, fallbackTexts },
    })
  } finally {
    await service.close()
  }
}
