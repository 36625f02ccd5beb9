import { rm } from 'node:fs/promises'
import type { Scenario } from '../config/scenario.ts'
import type { Home } from './home.ts'
import type { StackAddress } from './lab-plan.ts'

/**
 * Gives a run the embedded stack, empty and for itself. What the run leaves in it stays until the next run,
 * for rep serve, rep preference and rep dlq.
 */
export async function withEmbeddedStack<T>(
  home: Home,
  scenario: Scenario,
  run: (address: StackAddress) => Promise<T>,
): Promise<T> {
  const release = home.lockEmbedded()
  try {
    await rm(home.embedded, { recursive: true, force: true })
    return await run({ name: 'embedded', dataDir: home.embedded, dims: scenario.pipeline.embedder.dims })
  } finally {
    release()
  }
}
