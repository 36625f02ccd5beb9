import type { Scenario } from '../../config/scenario.ts'
import type { Home } from '../home.ts'
import { type EmbedderAddress, embedderAddress } from './embedder-address.ts'
import type { ModelWish } from './open-model.ts'
import { openEmbeddingService } from './open-service.ts'

/** What a run embeds with, and its scenario with the dimensions that follow from it. */
export interface LabEmbedder {
  readonly scenario: Scenario
  /** Undefined: the stack's own, by hashing. */
  readonly embedder?: EmbedderAddress
}

export interface LabEmbedderOptions {
  readonly scenario: Scenario
  readonly home: Home
  /** Address of this host at which workers of other hosts reach the run; default loopback. */
  readonly host?: string | undefined
}

/** Serves a model to a run's threads and workers while `use` runs; without a wish they hash words. */
export async function withLabEmbedder<T>(
  wish: ModelWish | null,
  { scenario, home, host = '127.0.0.1' }: LabEmbedderOptions,
  use: (lab: LabEmbedder) => Promise<T>,
): Promise<T> {
  if (wish === null) return use({ scenario })
  // A run empties its stack, and would lose the vectors of its catalogue: they are kept beside it.
  const place = { home, name: 'embedded' }
  const service = await openEmbeddingService(wish, { host, port: 0, place })
  try {
    const { dims } = service.capabilities
    const pipeline = { ...scenario.pipeline, embedder: { dims } }
    return await use({ scenario: { ...scenario, pipeline }, embedder: embedderAddress(service) })
  } finally {
    await service.close()
  }
}
