import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openModel } from '../../src/app/embed/open-model.ts'
import { openEmbeddingService } from '../../src/app/embed/open-service.ts'
import { Home } from '../../src/app/home.ts'
import { CachedEmbedder } from '../../src/drivers/embedder/cached.ts'
import { HashingEmbedder } from '../../src/drivers/embedder/hashing.ts'
import { HttpEmbedder } from '../../src/drivers/embedder/http-embedder.ts'
import { ResilientEmbedder } from '../../src/drivers/embedder/resilient.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import { writeTinyModel } from '../fixtures/embedder/tiny-model.ts'
import { describeEmbedder } from './embedder-contract.ts'

const root = mkdtempSync(join(tmpdir(), 'rep-embedder-'))
writeTinyModel(root)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const home = new Home(join(root, 'home'))
const log = (line: string): void => console.error(line)
const wish = { model: 'tiny-bert', modelPath: root, threads: 1, home, log }

describeEmbedder('transformers', () => openModel(wish))

describeEmbedder('transformers, cached', async () => {
  return new CachedEmbedder(await openModel(wish), { keyValue: null })
})

describeEmbedder('transformers behind HTTP, called with care', async (): Promise<Embedder> => {
  const service = await openEmbeddingService(wish, {
    ...{ host: '127.0.0.1', port: 0, place: { home, name: 'embedded' } },
  })
  const { url, capabilities } = service
  const embedder = new ResilientEmbedder(
    new HttpEmbedder({ url, capabilities }),
    new HashingEmbedder(capabilities.dims),
  )
  return {
    capabilities,
    embed: (texts, options) => embedder.embed(texts, options),
    close: async () => {
      await embedder.close()
      await service.close()
    },
  }
})
