import type { RequestListener } from 'node:http'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpLoadOptions, type HttpLoadResult, runHttpLoad } from '../../../src/load/http-load.ts'
import { parseTarget } from '../../../src/load/http-target.ts'
import { WaitingTimes } from '../../../src/load/http-waiting.ts'
import { startTestServer, type TestServer } from '../../fixtures/http-server.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

interface Sample {
  readonly what: number | string
  readonly index: number
  readonly dueUs: number
  readonly dueToDoneMs: number
  readonly sendToDoneMs: number
}

interface Drive {
  readonly result: HttpLoadResult
  readonly samples: readonly Sample[]
  readonly dueTimes: readonly number[]
}

function schedule(rate: number, count: number): Pick<HttpLoadOptions['schedule'], 'next'> {
  let taken = 0
  return { next: () => (taken < count ? (taken++ * 1e6) / rate : Infinity) }
}

async function drive(listener: RequestListener, options: Partial<HttpLoadOptions> = {}): Promise<Drive> {
  server = await startTestServer(listener)
  const target = parseTarget(`${server.url}/users/{userId}`)
  const samples: Sample[] = []
  const dueTimes: number[] = []
  const sample = (
    what: number | string,
    t: { index: number; dueUs: number; sendUs: number; doneUs: number },
  ): void => {
    const { index, dueUs, sendUs, doneUs } = t
    samples.push({
      what,
      index,
      dueUs,
      dueToDoneMs: (doneUs - dueUs) / 1e3,
      sendToDoneMs: (doneUs - sendUs) / 1e3,
    })
  }
  const result = await runHttpLoad({
    target,
    pathOf: (index) => target.pathFor(`u-${index}`),
    schedule: schedule(500, 100),
    connections: 8,
    timeoutMs: 20_000,
    drainMs: 20_000,
    signal: new AbortController().signal,
    observer: { due: (dueUs) => dueTimes.push(dueUs), responded: sample, failed: sample },
    ...options,
  })
  return { result, samples, dueTimes }
}

function expectNoCall(): never {
  throw new Error('nothing can have been sent')
}

function accountedFor({ result, samples }: Drive): void {
  const { timeout, connection, protocol, cancelled } = result.failures
  expect(result.due).toBe(result.responded + timeout + connection + protocol + cancelled + result.unsent)
  expect(samples.length).toBe(result.sent)
  expect(new Set(samples.map(({ index }) => index)).size).toBe(result.sent)
}

describe('runHttpLoad', () => {
  test('sends every request once, with its own path, and counts statuses', async () => {
    const paths: string[] = []
    const run = await drive((request, response) => {
      paths.push(request.url ?? '')
      response.statusCode = paths.length % 10 === 0 ? 500 : 200
      response.end('{}')
    })
    accountedFor(run)
    expect(run.result).toMatchObject({
      due: 100,
      sent: 100,
      responded: 100,
      statuses: { 200: 90, 500: 10 },
      unsent: 0,
    })
    expect(new Set(paths)).toEqual(new Set(Array.from({ length: 100 }, (_, i) => `/users/u-${i}`)))
  })

  test('with bodies every request is a POST of its own JSON', async () => {
    const bodies: string[] = []
    const run = await drive(
      (request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          const json = request.headers['content-type'] === 'application/json'
          bodies.push(`${request.method} ${json ? Buffer.concat(chunks) : 'no JSON'}`)
          response.end('{}')
        })
      },
      { bodyOf: (index) => JSON.stringify({ text: `무선 ${index}` }) },
    )
    accountedFor(run)
    expect(run.result.statuses).toEqual({ 200: 100 })
    const wanted = Array.from({ length: 100 }, (_, i) => `POST {"text":"무선 ${i}"}`)
    expect(new Set(bodies)).toEqual(new Set(wanted))
  })

  test('a stall of 1 s is seen by all that were due in it, not only by those that were in flight', async () => {
    const stallMs = 1000
    const connections = 4
    let seen = 0
    let heldUntil = 0
    const run = await drive(
      (_request, response) => {
        seen++
        if (seen === 100) heldUntil = Date.now() + stallMs
        const waitMs = heldUntil - Date.now()
        if (waitMs > 0) setTimeout(() => response.end('{}'), waitMs)
        else response.end('{}')
      },
      { schedule: schedule(200, 400), connections },
    )
    accountedFor(run)
    expect(run.result.responded).toBe(400)
    const late = (pick: (sample: Sample) => number): number =>
      run.samples.filter((sample) => pick(sample) > stallMs / 2).length
    // 100 requests were due in the first half of the stall.
    expect(late((sample) => sample.dueToDoneMs)).toBeGreaterThanOrEqual(95)
    expect(late((sample) => sample.sendToDoneMs)).toBeLessThanOrEqual(2 * connections)
    expect(late((sample) => sample.sendToDoneMs)).toBeGreaterThanOrEqual(1)
  })

  test('waiting requests keep their due times and their order', async () => {
    const run = await drive((_request, response) => setTimeout(() => response.end('{}'), 10), {
      schedule: schedule(2000, 60),
      connections: 2,
    })
    accountedFor(run)
    const byIndex = [...run.samples].sort((a, b) => a.index - b.index)
    const origin = run.dueTimes[0]!
    byIndex.forEach(({ dueUs }, i) => {
      expect(dueUs - origin).toBeCloseTo(i * 500, 1)
    })
    // 60 requests of 10 ms on 2 connections take 300 ms, and all were due within 30 ms.
    expect(byIndex.at(-1)!.dueToDoneMs).toBeGreaterThan(200)
  })

  test('a server that does not answer gives timeouts, on their own count', async () => {
    const run = await drive(
      (request, response) => void (request.url !== '/users/u-3' && response.end('{}')),
      {
        timeoutMs: 300,
      },
    )
    accountedFor(run)
    expect(run.result.failures).toMatchObject({ timeout: 1, connection: 0 })
    expect(run.result.responded).toBe(99)
    expect(run.samples.find(({ what }) => what === 'timeout')).toMatchObject({ index: 3 })
  })

  test('a lost connection fails its request alone; the next one reconnects', async () => {
    const lost = new Set(['/users/u-5', '/users/u-40'])
    const run = await drive((request, response) => {
      if (lost.has(request.url ?? '')) request.socket.destroy()
      else response.end('{}')
    })
    accountedFor(run)
    expect(run.result.failures).toMatchObject({ connection: 2, timeout: 0 })
    expect(run.result.responded).toBe(98)
    expect(run.result.firstErrors.connection).toBeTruthy()
  })

  test('connections that the server closes after each response are opened anew', async () => {
    const run = await drive((_request, response) => {
      response.setHeader('connection', 'close')
      response.end('{}')
    })
    accountedFor(run)
    expect(run.result.responded).toBe(100)
  })

  test('a server that goes away leaves connection failures, never missing requests', async () => {
    let seen = 0
    const run = await drive(
      (_request, response) => {
        response.end('{}')
        if (++seen === 50) {
          server?.server.close()
          server?.server.closeAllConnections()
        }
      },
      { schedule: schedule(500, 200) },
    )
    accountedFor(run)
    expect(run.result.due).toBe(200)
    expect(run.result.failures.connection).toBeGreaterThanOrEqual(100)
  })

  test('what still waits when the drain time is over is counted as unsent', async () => {
    const run = await drive((_request, response) => void response.writableLength, {
      schedule: schedule(1000, 50),
      connections: 2,
      drainMs: 100,
    })
    accountedFor(run)
    expect(run.result).toMatchObject({ due: 50, sent: 2, unsent: 48, failures: { cancelled: 2 } })
  })

  test('an abort ends the run; what was in flight is cancelled', async () => {
    const abort = new AbortController()
    let seen = 0
    const run = await drive(
      (_request, response) => {
        seen++
        if (seen === 10) abort.abort()
        if (seen < 10) response.end('{}')
      },
      { signal: abort.signal },
    )
    accountedFor(run)
    expect(run.result.aborted).toBe(true)
    expect(run.result.due).toBeLessThan(100)
    expect(run.result.failures.cancelled).toBeGreaterThanOrEqual(1)
  })

  test('a port where nobody listens is an environment error that names it', async () => {
    server = await startTestServer((_request, response) => void response.end())
    const { url } = server
    await server.close()
    server = undefined
    const target = parseTarget(url)
    const refused = runHttpLoad({
      target,
      pathOf: () => '/',
      schedule: schedule(1, 1),
      connections: 1,
      timeoutMs: 5000,
      drainMs: 0,
      signal: new AbortController().signal,
      observer: { due: expectNoCall, responded: expectNoCall, failed: expectNoCall },
    })
    await expect(refused).rejects.toMatchObject({
      code: 'REP_ENVIRONMENT',
      message: expect.stringContaining(target.authority),
    })
  })
})

describe('WaitingTimes', () => {
  test('gives back what was put in, in order, however puts and takes are mixed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(900), fc.nat(900)), { maxLength: 12 }), (steps) => {
        const waiting = new WaitingTimes()
        let put = 0
        let taken = 0
        for (const [puts, takes] of steps) {
          for (let i = 0; i < puts; i++) waiting.push(put++)
          for (let i = 0; i < takes && waiting.length > 0; i++) expect(waiting.shift()).toBe(taken++)
          expect(waiting.length).toBe(put - taken)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('parseTarget', () => {
  test('puts the encoded user id into path and query', () => {
    const target = parseTarget('http://127.0.0.1:8080/v1/users/{userId}/recommendations?for={userId}&limit=5')
    expect(target).toMatchObject({ host: '127.0.0.1', port: 8080, tls: false, authority: '127.0.0.1:8080' })
    expect(target.pathFor('a/b c')).toBe('/v1/users/a%2Fb%20c/recommendations?for=a%2Fb%20c&limit=5')
  })
  test('knows the default ports and IPv6 hosts', () => {
    expect(parseTarget('https://example.com/{userId}')).toMatchObject({ port: 443, tls: true })
    expect(parseTarget('http://[::1]/x')).toMatchObject({ host: '::1', port: 80, authority: '[::1]' })
  })
  test.each(['', 'localhost:80/x', 'ftp://x/y'])('refuses %j', (template) => {
    expect(() => parseTarget(template)).toThrow(expect.objectContaining({ code: 'REP_USAGE' }))
  })
})
