import { afterEach, describe, expect, test } from 'vitest'
import { benchRecommend } from '../../src/app/bench-recommend.ts'
import { startTestServer, type TestServer } from '../fixtures/http-server.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const options = {
  rate: 200,
  durationMs: 500,
  warmupMs: 200,
  users: 50,
  products: 300,
  seed: 7,
  connections: 8,
  // What is tested here is counting: a busy machine must not make the run invalid.
  lagLimitMs: 60_000,
  signal: new AbortController().signal,
}

describe('benchRecommend', () => {
  test('drives its own embedded server, and says the recall beside the latency', async () => {
    const steps: string[] = []
    const result = await benchRecommend({ ...options, onProgress: ({ step }) => steps.push(step) })
    expect(steps[0]).toBe('preparing')
    expect(result).toMatchObject({ rate: 200, failed: {}, failedTotal: 0, valid: true, aborted: false })
    expect(result.sent).toBeGreaterThan(50)
    expect(result.completed).toBe(result.sent)
    expect(result.dueToDone.count).toBe(result.sent)
    expect(result.sendToDone.p50Ms!).toBeLessThanOrEqual(result.dueToDone.p50Ms!)
    expect(result.scheduleLag.count).toBe(result.sent)
    expect(result.recallAt10).toBeGreaterThan(0.9)
    expect(result.recallAt10).toBeLessThanOrEqual(1)
    expect(result.cpuSecondsPer10k).toBeGreaterThan(0)
    await expect(fetch(new URL('/healthz', result.url))).rejects.toThrow()
  }, 60_000)

  test('drives a foreign service by its URL; what is not 2xx fails by status', async () => {
    const users = new Set<string>()
    let seen = 0
    server = await startTestServer((request, response) => {
      users.add(request.url ?? '')
      response.statusCode = ++seen % 2 === 0 ? 503 : 200
      response.end('{}')
    })
    const result = await benchRecommend({ ...options, url: `${server.url}/for/{userId}?n=5` })
    expect(result).toMatchObject({ recallAt10: null, valid: true })
    expect(result.completed + result.failedTotal).toBe(result.sent)
    expect(result.failed).toEqual({ 503: result.failedTotal })
    expect(result.failedTotal).toBeGreaterThan(result.sent / 4)
    expect(users.size).toBeGreaterThan(10)
    for (const url of users) expect(url).toMatch(/^\/for\/user-0000[0-4]\d\?n=5$/)
  })

  test('the same seed sends the same requests', async () => {
    const runs: string[][] = [[], []]
    let run = 0
    server = await startTestServer((request, response) => {
      runs[run]!.push(request.url ?? '')
      response.end('{}')
    })
    for (run = 0; run < 2; run++) await benchRecommend({ ...options, url: `${server.url}/{userId}` })
    expect(runs[0]!.length).toBeGreaterThan(50)
    expect([...runs[0]!].sort()).toEqual([...runs[1]!].sort())
  })

  test('a generator that is late makes the run invalid, with the reason', async () => {
    server = await startTestServer((_request, response) => void response.end('{}'))
    const result = await benchRecommend({ ...options, url: `${server.url}/{userId}`, lagLimitMs: 0 })
    expect(result.valid).toBe(false)
    expect(result.invalidReasons.join()).toContain('schedule lag')
  })

  test('an interrupt ends it early, with what was measured', async () => {
    const abort = new AbortController()
    let seen = 0
    server = await startTestServer((_request, response) => {
      if (++seen === 60) abort.abort()
      response.end('{}')
    })
    const url = `${server.url}/{userId}`
    const result = await benchRecommend({ ...options, durationMs: 60_000, url, signal: abort.signal })
    expect(result.aborted).toBe(true)
    expect(result.completed + result.failedTotal).toBe(result.sent)
  })
})
