import type { Scenario } from '../config/scenario.ts'
import { PRODUCT_INDEX } from '../domain/indexes.ts'
import { startServer } from '../serve/server.ts'
import { catalogueOf } from './catalogue.ts'
import { type LabStackOptions, stackAddress } from './lab-stack.ts'
import { openStack } from './open-stack.ts'
import { createStores, seedCatalogue } from './seed.ts'
import { type CollectSettings, withCollect } from './with-collect.ts'
import { withStatistics } from './with-statistics.ts'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  /** Takes events too. */
  readonly collect: CollectSettings
  readonly signal: AbortSignal
  log(line: string): void
}

/** Serves what the last run left in a stack until the signal. Rejects with REP_PORT_IN_USE or REP_ENVIRONMENT. */
export async function serveRecommendations(
  place: LabStackOptions,
  scenario: Scenario,
  options: ServeOptions,
): Promise<void> {
  const { host, port, signal, log } = options
  const stack = await openStack(await stackAddress(place, scenario.pipeline.embedder.dims), log)
  try {
    await createStores(stack, scenario)
    if ((await stack.vectors.count(PRODUCT_INDEX)) === 0) {
      const products = await catalogueOf({ scenario, source: { kind: 'generated' } })
      await seedCatalogue(stack, products)
    }
    const products = await stack.vectors.count(PRODUCT_INDEX)
    await withCollect({ place, stack, settings: options.collect, log }, async (collect) => {
      const { pipeline } = scenario
      await withStatistics({ stack, settings: pipeline, signal, log }, async ({ sql, signal: end }) => {
        const settings = pipeline.recommend
        const server = await startServer({ stack, settings, collect, sql, host, port, log })
        const example = `${server.url}/v1/users/user-000001/recommendations`
        log(`Serving ${products} products on ${server.url} (try ${example})`)
        if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve))
        await server.close()
      })
    })
  } finally {
    await stack.close()
  }
}
