import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server as PageServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCodec } from '../../src/domain/codec.ts'
import type { UserAction } from '../../src/domain/events.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { startCollectServer } from '../../src/serve/collect-server.ts'
import type { Server } from '../../src/serve/server.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { type Collect, openCollect } from '../../src/stages/collect/open-collect.ts'
import { describeBrowser } from '../fixtures/browser.ts'
import { type OutageLog, withOutage } from '../fixtures/outage-log.ts'

const WAIT = { timeout: 30_000 }
const KEY = 'key-of-a-page'
const codec = createCodec()

test('the SDK as it is served has less than 4 kB, gzipped, and imports nothing', async () => {
  const text = await readFile(new URL('../../dist/src/sdk/tracker.js', import.meta.url), 'utf8')
  expect(gzipSync(text).length).toBeLessThan(4000)
  expect(text).not.toMatch(/^import|\bfrom '/m)
})

describeBrowser((executablePath) => {
  let browser: Browser
  let site: PageServer
  let dataDir: string
  let stack: Stack
  let log: OutageLog
  let collect: Collect
  let server: Server
  let page: Page

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
    // A shop of another origin than the collector's, as it is in life.
    site = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<p>shop'),
    )
    site.listen(0, '127.0.0.1')
    await once(site, 'listening')
  })
  afterAll(async () => {
    await browser.close()
    site.close()
  })

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'rep-sdk-'))
    stack = await openEmbeddedStack({ dataDir: join(dataDir, 'stack'), dims: 4 })
    log = withOutage(stack.log)
    await log.ensureTopics(TOPICS)
    collect = await openCollect({
      stack: { ...stack, log },
      spoolDirectory: join(dataDir, 'spool'),
      spoolMaxBytes: 0,
      log: () => undefined,
    })
    server = await serve(0)
    page = await (await browser.newContext()).newPage()
  })
  afterEach(async () => {
    await page.context().close()
    await server.close()
    await collect.close()
    await stack.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  function serve(port: number): Promise<Server> {
    const settings = { writeKeys: [`shop=${KEY}`], eventsPerSecond: null, bodyLimitBytes: 100_000 }
    const origins = [`http://127.0.0.1:${(site.address() as AddressInfo).port}`]
    return startCollectServer({
      stack,
      port,
      collect: { collect, origins, ...settings },
      log: () => undefined,
    })
  }

  /** Opens a page of the shop with a tracker, which stays at hand as `tracker`. */
  async function visit(path: string, options: object = {}): Promise<void> {
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`)
    await page.evaluate(
      `import('${server.url}/v1/sdk.js').then(({ createTracker }) => {
        window.tracker = createTracker(${JSON.stringify({ url: server.url, writeKey: KEY, flushMs: 100, ...options })})
      })`,
    )
  }
  const track = (script: string) => page.evaluate(script)

  async function arrived(): Promise<UserAction[]> {
    const all: UserAction[] = []
    for (const { topic, partition, earliest, latest } of await stack.log.offsets(USER_ACTION)) {
      if (latest === earliest) continue
      for (const { value } of await stack.log.read({ topic, partition, offset: earliest }, 10_000))
        all.push(codec.decodeUserAction(value))
    }
    return all.sort((a, b) => a.timestamp - b.timestamp)
  }
  const products = async () => (await arrived()).map(({ productId }) => productId)
  const numbers = (to: number) => Array.from({ length: to }, (_, i) => `p${i}`)
  const kept = () =>
    track(
      `Object.keys(localStorage).filter((k) => k.startsWith('rep-events')).flatMap((k) => JSON.parse(localStorage[k])).length`,
    )

  describe('browser SDK', () => {
    test('what happens on a page is in the log, with its page, session and user', async () => {
      await visit('/shoes?size=43')
      await track(`tracker.track('view', { product_id: 'p0', price: 9.5 })`)
      await expect.poll(products, WAIT).toEqual(['p0'])
      await track(`tracker.identify('alice'); tracker.track('add_to_cart', { product_id: 'p1' })`)
      await expect.poll(products, WAIT).toEqual(['p0', 'p1'])
      const [first, second] = (await arrived()) as [UserAction, UserAction]
      expect(first).toMatchObject({ actionType: 'VIEW', price: 9.5, context: { page: { url: page.url() } } })
      expect(second).toMatchObject({ actionType: 'ADD_TO_CART', userId: 'alice', sessionId: first.sessionId })
      expect(first.userId).toMatch(/^[0-9a-f-]{36}$/)
      await expect.poll(kept, WAIT).toBe(0)
    })

    test('many events go in batches, each once', async () => {
      await visit('/', { batchSize: 20 })
      await track(`for (let i = 0; i < 130; i++) tracker.track('view', { product_id: 'p' + i })`)
      await expect.poll(async () => (await arrived()).length, WAIT).toBe(130)
      expect(new Set(await products())).toEqual(new Set(numbers(130)))
    })

    test('events of a page that is left at once arrive by sendBeacon', async () => {
      await visit('/', { flushMs: 600_000 })
      await track(`for (let i = 0; i < 3; i++) tracker.track('view', { product_id: 'p' + i })`)
      await page.goto('about:blank')
      await expect.poll(async () => (await products()).sort(), WAIT).toEqual(numbers(3))
    })

    test('events outlive an unreachable collector and the page', async () => {
      await visit('/')
      const port = Number(new URL(server.url).port)
      await server.close()
      await track(`for (let i = 0; i < 3; i++) tracker.track('view', { product_id: 'p' + i })`)
      await track(`tracker.flush()`)
      expect(await kept()).toBe(3)
      await track(`tracker.close()`)
      server = await serve(port)
      await visit('/next')
      await expect.poll(async () => (await products()).sort(), WAIT).toEqual(numbers(3))
      await expect.poll(kept, WAIT).toBe(0)
    })

    test('a collector that cannot take them now is asked again', async () => {
      await visit('/')
      log.state = 'down'
      const refused = page.waitForResponse((response) => response.status() === 503)
      await track(`tracker.track('view', { product_id: 'p0' })`)
      await refused
      expect(await kept()).toBe(1)
      log.state = 'up'
      await expect.poll(products, WAIT).toEqual(['p0'])
    })

    test('a wrong event is not sent again, and holds up no other', async () => {
      await visit('/')
      await track(`tracker.track('view', { price: 'much' }); tracker.track('view', { product_id: 'p0' })`)
      await expect.poll(products, WAIT).toEqual(['p0'])
      await expect.poll(kept, WAIT).toBe(0)
      expect(collect.collector.counts).toMatchObject({ actions: 1, rejected: 1 })
    })

    test('two pages side by side lose nothing of each other', async () => {
      await visit('/one', { flushMs: 600_000 })
      await track(`tracker.track('view', { product_id: 'p0' })`)
      const first = page
      page = await first.context().newPage()
      await visit('/two')
      await track(`tracker.track('view', { product_id: 'p1' })`)
      await first.close({ runBeforeUnload: false })
      await expect.poll(async () => [...new Set(await products())].sort(), WAIT).toEqual(['p0', 'p1'])
    })
  })
})
