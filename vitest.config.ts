import { defineConfig } from 'vitest/config'
import { modelsRun } from './test/fixtures/embedder/models-run.ts'

/** Tests that run sentence models: only where the optional package for them is installed. */
const EMBEDDING = [
  'test/unit/drivers/embedder/sentence-model.test.ts',
  'test/unit/drivers/embedder/multilingual.test.ts',
  'test/unit/app/embed/embed-pool.test.ts',
  'test/unit/serve/embed-server.test.ts',
  'test/contract/embedder-transformers.test.ts',
  'test/integration/embedding.test.ts',
]

const models = modelsRun()
if (!models)
  process.stderr.write(
    `Skipped, @huggingface/transformers is not installed (rep doctor says how): ${EMBEDDING.join(', ')}\n`,
  )

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
          exclude: models ? [] : EMBEDDING,
        },
      },
      // Needs a Docker engine, and pulls images: only by npm run test:docker.
      { extends: true, test: { name: 'docker', include: ['test/docker/**/*.test.ts'] } },
    ],
  },
})
