import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** Tests that run sentence models: only where the optional package for them is installed. */
const EMBEDDING = [
  'test/unit/drivers/embedder/sentence-model.test.ts',
  'test/unit/drivers/embedder/multilingual.test.ts',
  'test/unit/app/embed/embed-pool.test.ts',
  'test/unit/serve/embed-server.test.ts',
  'test/contract/embedder-transformers.test.ts',
  'test/integration/embedding.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'rep',
          include: ['test/{unit,contract,property,integration}/**/*.test.ts'],
          exclude: canRunModels() ? [] : EMBEDDING,
        },
      },
      // Needs a Docker engine, and pulls images: only by npm run test:docker.
      { extends: true, test: { name: 'docker', include: ['test/docker/**/*.test.ts'] } },
    ],
  },
})

function canRunModels(): boolean {
  try {
    createRequire(import.meta.url).resolve('@huggingface/transformers')
    return true
  } catch (error) {
    if ((process.env.REP_REQUIRE ?? '').split(',').includes('transformers')) throw error
    process.stderr.write(
      `Skipped, @huggingface/transformers is not installed (rep doctor says how): ${EMBEDDING.join(', ')}\n`,
    )
    return false
  }
}
