import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { down } from '../../src/app/down.ts'
import { status } from '../../src/app/status.ts'
import { up } from '../../src/app/up.ts'
import { composeObstacle } from '../../src/stacks/compose/docker.ts'
import { probeService } from '../../src/stacks/probes/probe-service.ts'
import { SERVICES } from '../../src/stacks/stack-description.ts'
import { isRequired } from '../fixtures/required.ts'

const obstacle = await composeObstacle()
if (obstacle !== null && isRequired('docker')) throw new Error(obstacle)
if (obstacle !== null) process.stderr.write(`Skipped, the compose stack cannot run here: ${obstacle}\n`)

// The first run pulls some GB of images.
const LIMIT_MS = 25 * 60_000
const NAME = 'rep-test'
let root: string
const common = () => ({ home: { root }, name: NAME, log: () => undefined })

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-docker-'))
})
afterAll(async () => {
  if (obstacle === null) await down({ ...common(), volumes: true })
  rmSync(root, { recursive: true, force: true })
}, LIMIT_MS)

test.skipIf(obstacle !== null)(
  'up, healthy, up again is a no-op, down leaves nothing',
  { timeout: LIMIT_MS },
  async () => {
    const start = () =>
      up({
        ...common(),
        kind: 'compose',
        settings: { portBase: 28_090, elasticsearchHeapMb: 512 },
        signal: new AbortController().signal,
      })
    const { description, started } = await start()
    expect(started).toEqual(SERVICES)
    for (const service of SERVICES) await probeService(description, service, AbortSignal.timeout(10_000))
    expect((await start()).started).toEqual([])
    const { services } = await status({ root }, NAME)
    expect(services.map(({ health }) => health)).toEqual(SERVICES.map(() => 'healthy'))
    for (const { rssBytes } of services) expect(rssBytes).toBeGreaterThan(2 ** 20)
    expect((await down({ ...common(), volumes: true })).stopped).toEqual(SERVICES)
    await expect(probeService(description, 'redis', AbortSignal.timeout(5000))).rejects.toThrow()
  },
)
