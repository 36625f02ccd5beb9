import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'rep', include: ['test/{unit,contract,property,integration}/**/*.test.ts'] },
      },
      // Needs a Docker engine, and pulls images: only by npm run test:docker.
      { extends: true, test: { name: 'docker', include: ['test/docker/**/*.test.ts'] } },
    ],
  },
})
