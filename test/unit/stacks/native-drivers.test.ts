import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedStack } from '../../../src/stacks/embedded.ts'
import { openServiceStack } from '../../../src/stacks/native-drivers.ts'
import { startTestServer } from '../../fixtures/http-server.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rep-stack-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

test('names every service that does not answer, its address, and what starts them', async () => {
  const host = await freeHost()
  const { log } = await openEmbeddedStack({ dataDir, dims: 8 })
  const opening = openServiceStack({
    name: 'native',
    dims: 8,
    eventLog: log,
    elasticsearch: `http://${host}`,
    redis: `redis://${host}`,
    registry: `http://${host}/apis/ccompat/v7`,
  })
  await expect(opening).rejects.toMatchObject({
    code: 'REP_ENVIRONMENT',
    exit: 3,
    message: expect.stringContaining('rep up --stack native'),
    details: [
      expect.stringMatching(new RegExp(`Redis at ${host}`)),
      expect.stringMatching(new RegExp(`registry at ${host}`)),
      expect.stringMatching(new RegExp(`Elasticsearch at ${host}`)),
    ],
  })
})

/** Host and port where nobody listens. */
async function freeHost(): Promise<string> {
  const server = await startTestServer(() => undefined)
  await server.close()
  return new URL(server.url).host
}
