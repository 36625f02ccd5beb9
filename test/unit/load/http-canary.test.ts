import { afterEach, describe, expect, test } from 'vitest'
import { formatTraceId, NO_TRACE_ID, runTag } from '../../../src/domain/trace-id.ts'
import { nowUs } from '../../../src/kernel/time.ts'
import { type Canary, followCanary, includesCanary } from '../../../src/load/http-canary.ts'
import { HttpClient, HttpRequestError } from '../../../src/load/http-client.ts'
import { parseTarget } from '../../../src/load/http-target.ts'
import { startTestServer, type TestServer } from '../../fixtures/http-server.ts'

const tag = runTag(7, 'canary')
const traceId = (sequence: number): string => formatTraceId(1_700_000_000_000, tag, sequence)
const actionId = (sequence: number): string => formatTraceId(1_700_000_000_000, runTag(7, 'action'), sequence)

let server: TestServer | undefined
let client: HttpClient | undefined
afterEach(async () => {
  client?.close()
  await server?.close()
})

/** A service whose n-th answer (from 0) is `answer(n)`; a string is sent as it is, null drops the connection. */
async function serve(answer: (poll: number) => unknown): Promise<HttpClient> {
  let polls = 0
  server = await startTestServer((request, response) => {
    const body = answer(polls++)
    if (body === null) request.socket.destroy()
    else response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  client = new HttpClient(parseTarget(server.url))
  return client
}

function canary(more: Partial<Canary> = {}): Canary {
  return { path: '/x', traceId: traceId(5), tag, dueUs: nowUs() - 1000, ...more }
}

const follow = (of: Canary, by: HttpClient, timeoutMs: number, signal = new AbortController().signal) =>
  followCanary(of, { client: by, pollMs: 2, timeoutMs, signal })

describe('includesCanary', () => {
  const of = { traceId: traceId(5), tag }
  test.each([
    ['nothing known', null, false],
    ['the canary itself', { lastTraceId: traceId(5), actionCount: 1 }, true],
    ['an earlier canary', { lastTraceId: traceId(4), actionCount: 9 }, false],
    ['a later canary of the user', { lastTraceId: traceId(6), actionCount: 1 }, true],
    ['another action', { lastTraceId: actionId(900), actionCount: 9 }, false],
  ])('%s', (_what, basis, expected) => {
    expect(includesCanary(basis, of)).toBe(expected)
  })
  test('a known action count is enough, also when another action came after', () => {
    const counted = { ...of, actionCount: 9 }
    expect(includesCanary({ lastTraceId: actionId(900), actionCount: 9 }, counted)).toBe(true)
    expect(includesCanary({ lastTraceId: actionId(900), actionCount: 8 }, counted)).toBe(false)
  })
})

describe('followCanary', () => {
  test('no poll comes before the age of the first, and what it sees has at least that age', async () => {
    const startedUs: number[] = []
    const by = await serve(() => {
      startedUs.push(nowUs())
      return { basis: { lastTraceId: traceId(5), actionCount: 1 } }
    })
    const of = canary({ dueUs: nowUs() })
    const options = { client: by, firstPollUs: 60_000, pollMs: 2, timeoutMs: 30_000 }
    const outcome = await followCanary(of, { ...options, signal: new AbortController().signal })
    expect(outcome).toMatchObject({ outcome: 'seen', polls: 1 })
    expect(startedUs[0]! - of.dueUs).toBeGreaterThanOrEqual(60_000)
    if (outcome.outcome === 'seen') expect(outcome.freshnessUs).toBeGreaterThanOrEqual(60_000)
  })

  test('the sample is from the due time to the first answer that includes the action', async () => {
    const by = await serve((poll) => ({
      basis:
        poll < 3
          ? poll < 2
            ? null
            : { lastTraceId: traceId(4), actionCount: 1 }
          : { lastTraceId: traceId(5), actionCount: 2 },
    }))
    const of = canary()
    const outcome = await follow(of, by, 20_000)
    expect(outcome).toMatchObject({ outcome: 'seen', polls: 4 })
    if (outcome.outcome === 'seen') expect(outcome.freshnessUs).toBe(outcome.doneUs - of.dueUs)
  })
  test('failed and unreadable polls are polled again', async () => {
    const by = await serve((poll) =>
      poll === 0 ? null : poll === 1 ? 'not JSON' : { basis: { lastTraceId: traceId(5), actionCount: 2 } },
    )
    expect(await follow(canary(), by, 20_000)).toMatchObject({ outcome: 'seen', polls: 3 })
  })
  test('after an answer, only what is newer is asked for; nothing newer is no answer', async () => {
    const asked: (string | undefined)[] = []
    server = await startTestServer((request, response) => {
      asked.push(request.url)
      const poll = asked.length
      if (poll === 2 || poll === 3) response.writeHead(204).end()
      else
        response.end(
          JSON.stringify({ basis: { lastTraceId: traceId(poll === 1 ? 4 : 5), actionCount: poll } }),
        )
    })
    client = new HttpClient(parseTarget(server.url))
    expect(await follow(canary({ path: '/x?limit=3' }), client, 20_000)).toMatchObject({
      outcome: 'seen',
      polls: 4,
    })
    const since = `/x?limit=3&since=${traceId(4)}`
    expect(asked).toEqual([`/x?limit=3&since=${NO_TRACE_ID}`, since, since, since])
  })
  test('an action that never shows is a lost canary that says what was seen instead', async () => {
    const by = await serve(() => ({ basis: { lastTraceId: traceId(4), actionCount: 3 } }))
    const outcome = await follow(canary({ dueUs: nowUs() }), by, 100)
    expect(outcome).toMatchObject({ outcome: 'lost' })
    if (outcome.outcome === 'lost') expect(outcome.reason).toContain(traceId(4))
  })
  test('an abort says nothing about the pipeline', async () => {
    const abort = new AbortController()
    const by = await serve((poll) => {
      if (poll === 2) abort.abort()
      return { basis: null }
    })
    expect(await follow(canary(), by, 20_000, abort.signal)).toMatchObject({ outcome: 'aborted', polls: 3 })
  })
})

describe('HttpClient', () => {
  test('answers come to the request that they belong to, on kept connections', async () => {
    let sockets = 0
    server = await startTestServer((request, response) => response.end(request.url))
    server.server.on('connection', () => sockets++)
    client = new HttpClient(parseTarget(server.url))
    for (let round = 0; round < 3; round++) {
      const paths = Array.from({ length: 10 }, (_, i) => `/${round}/${i}`)
      const answers = await Promise.all(paths.map((path) => client!.get(path, 20_000)))
      expect(answers.map(({ body }) => body.toString())).toEqual(paths)
    }
    expect(sockets).toBe(10)
  })
  test('a timeout rejects, and the client works on', async () => {
    server = await startTestServer(
      (request, response) => void (request.url === '/fast' && response.end('ok')),
    )
    client = new HttpClient(parseTarget(server.url))
    await expect(client.get('/slow', 50)).rejects.toThrow(HttpRequestError)
    expect((await client.get('/fast', 20_000)).status).toBe(200)
  })
  test('closing cancels what is in flight', async () => {
    server = await startTestServer((_request, response) => void response.writableLength)
    client = new HttpClient(parseTarget(server.url))
    const pending = client.get('/', 20_000)
    client.close()
    await expect(pending).rejects.toMatchObject({ failure: 'cancelled' })
  })
})
