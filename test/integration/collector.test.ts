import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listBadEvents } from '../../src/app/bad-events.ts'
import { createCodec } from '../../src/domain/codec.ts'
import type { UserAction } from '../../src/domain/events.ts'
import { TOPICS, USER_ACTION, USER_CUSTOM } from '../../src/domain/topics.ts'
import type { StoredRecord } from '../../src/ports/event-log.ts'
import type { Stack } from '../../src/ports/stack.ts'
import type { CollectHttp } from '../../src/serve/collect/collect-http.ts'
import { startCollectServer } from '../../src/serve/collect-server.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openCollect } from '../../src/stages/collect/open-collect.ts'
import { type OutageLog, withOutage } from '../fixtures/outage-log.ts'

const KEY = 'a-key-of-the-web'
const codec = createCodec()
let dataDir: string
let stack: Stack
let log: OutageLog
let url: string
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rep-collector-'))
  stack = await openEmbeddedStack({ dataDir: join(dataDir, 'stack'), dims: 4 })
  log = withOutage(stack.log)
  await log.ensureTopics(TOPICS)
  url = await start({})
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await stack.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(settings: Partial<CollectHttp>): Promise<string> {
  const collect = await openCollect({
    stack: { ...stack, log },
    spoolDirectory: join(dataDir, `spool-${closing.length}`),
    spoolMaxBytes: 4000,
    log: () => undefined,
    ackMs: 2000,
  })
  const server = await startCollectServer({
    stack,
    port: 0,
    collect: {
      collect,
      writeKeys: [],
      eventsPerSecond: null,
      bodyLimitBytes: 100_000,
      origins: ['*'],
      ...settings,
    },
  })
  closing.push(async () => {
    await server.close()
    await collect.close()
  })
  return server.url
}

interface Body {
  readonly accepted: number
  readonly results: readonly {
    readonly status: string
    readonly event_id: string
    readonly kind: string
    readonly faults: readonly { readonly pointer: string }[]
  }[]
  readonly pointer?: string
  readonly changed?: boolean
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

async function send(path: string, body: unknown, init: RequestInit & { at?: string } = {}): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch((init.at ?? url) + path, {
    method: 'POST',
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text || '{}') as Body }
}

async function json<T>(at: string): Promise<T> {
  return (await (await fetch(at)).json()) as T
}

const event = (more: object = {}) => ({
  user_id: 'u1',
  session_id: 's1',
  event_type: 'view',
  properties: { product_id: 'p1' },
  ...more,
})

async function records(topic: string): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for (const { partition, earliest, latest } of await stack.log.offsets(topic)) {
    if (latest === earliest) continue
    for (const record of await stack.log.read({ topic, partition, offset: earliest }, 10_000))
      all.push({ ...record, value: Buffer.from(record.value), key: Buffer.from(record.key) })
  }
  return all
}
const actions = async (): Promise<UserAction[]> =>
  (await records(USER_ACTION)).map(({ value }) => codec.decodeUserAction(value))
const action = async (traceId: string): Promise<UserAction | undefined> =>
  (await actions()).find((one) => one.traceId === traceId)
const bad = () => listBadEvents(stack.log, 1000)

describe('POST /v1/events', () => {
  test('one event: 202, and it is in the log', async () => {
    const { status, body } = await send('/v1/events', event())
    expect([status, body.accepted, body.results[0]!.kind]).toEqual([202, 1, 'action'])
    expect(await action(body.results[0]!.event_id)).toMatchObject({ userId: 'u1', productId: 'p1' })
  })

  test('a batch: results by position; the good ones are taken, the bad ones kept with their faults', async () => {
    const before = (await bad()).length
    const wrong = event({ user_id: null, properties: { price: 'much' } })
    const { status, body } = await send('/v1/events', {
      sent_at: Date.now(),
      events: [event(), wrong, event({ event_type: 'video_paused', at_second: 7 }), 'nothing'],
    })
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 2, rejected: 2, failed: 0 })
    expect(body.results.map((one) => one.status)).toEqual(['accepted', 'rejected', 'accepted', 'rejected'])
    expect(body.results[1]!.faults.map((fault) => fault.pointer)).toEqual([
      '/events/1/user_id',
      '/events/1/properties/price',
    ])
    const kept = (await bad()).slice(before)
    expect(kept.map((one) => one.event)).toEqual(expect.arrayContaining([wrong, 'nothing']))
    const custom = (await records(USER_CUSTOM)).map(({ value }) => JSON.parse(Buffer.from(value).toString()))
    expect(custom).toContainEqual(
      expect.objectContaining({
        event_id: body.results[2]!.event_id,
        event_type: 'video_paused',
        at_second: 7,
      }),
    )
  })

  test('gzip, and the plain text of sendBeacon', async () => {
    const packed = gzipSync(JSON.stringify([event(), event()]))
    expect(await send('/v1/events', packed, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 202,
      body: { accepted: 2 },
    })
    const beacon = { 'content-type': 'text/plain;charset=UTF-8' }
    expect(await send('/v1/events', JSON.stringify(event()), { headers: beacon })).toMatchObject({
      status: 202,
    })
  })

  test('an event sent twice has one trace id', async () => {
    const [first, second] = [
      await send('/v1/events', event({ event_id: 'e-1' })),
      await send('/v1/events', event({ event_id: 'e-1' })),
    ]
    expect(first.body.results[0]!.event_id).toBe(second.body.results[0]!.event_id)
  })

  test('the time of a clock that is an hour slow is corrected', async () => {
    const slow = Date.now() - 3_600_000
    const { body } = await send('/v1/events', { sent_at: slow, events: [event({ timestamp: slow - 5000 })] })
    const found = (await action(body.results[0]!.event_id))!
    expect(Math.abs(found.timestamp - (slow - 5000) - 3_600_000)).toBeLessThan(60_000)
    expect(found.properties.client_timestamp).toBe(String(slow - 5000))
  })

  test.each([
    ['no JSON', '{"user_id":', 400, undefined],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, undefined],
    ['a number', '5', 400, ''],
    ['no events', '[]', 400, ''],
    ['events that are no list', '{"events":{}}', 400, '/events'],
    ['a time of sending that is none', '{"sent_at":"now","events":[]}', 400, '/sent_at'],
    ['an event with a fault', JSON.stringify(event({ user_id: '' })), 400, '/user_id'],
    [
      'nested too deeply',
      `{"user_id":"u","event_type":"x","a":${'['.repeat(9000)}${']'.repeat(9000)}}`,
      400,
      undefined,
    ],
    ['too many events', JSON.stringify(Array(1001).fill({})), 413, undefined],
    ['too many bytes', `"${'x'.repeat(100_000)}"`, 413, undefined],
  ])('%s: refused, with its place, and kept', async (_what, body, status, pointer) => {
    const before = (await bad()).length
    const answer = await send('/v1/events', body)
    expect([answer.status, answer.body.pointer]).toEqual([status, pointer])
    const kept = (await bad()).slice(before)
    expect(kept).toHaveLength(1)
    expect(kept[0]).toMatchObject({ status, sender: 'anonymous' })
    expect(kept[0]!.reason).not.toBe('')
  })

  test('what cannot be unpacked, unpacks to too much, or is of another type', async () => {
    const gzip = { headers: { 'content-encoding': 'gzip' } }
    const bomb = gzipSync(`"${'x'.repeat(1_000_000)}"`)
    expect((await send('/v1/events', 'no gzip', gzip)).status).toBe(400)
    expect((await send('/v1/events', bomb, gzip)).status).toBe(413)
    expect((await send('/v1/events', '{}', { headers: { 'content-encoding': 'br' } })).status).toBe(415)
    expect(
      (await send('/v1/events', '<e/>', { headers: { 'content-type': 'application/xml' } })).status,
    ).toBe(415)
    const [last] = (await bad()).slice(-1)
    expect(last).toMatchObject({ status: 415, contentType: 'application/xml', body: '<e/>', bodyBytes: 4 })
    expect((await bad()).at(-3)).toMatchObject({
      status: 413,
      contentEncoding: 'gzip',
      bodyEncoding: 'base64',
    })
  })

  test('many senders at once: every event is there once', async () => {
    const users = Array.from({ length: 50 }, (_, i) => `many-${i}`)
    await Promise.all(
      users.flatMap((user_id) => [
        send('/v1/events', event({ user_id })),
        send('/v1/events', Array(9).fill(event({ user_id }))),
      ]),
    )
    const found = (await actions()).filter(({ userId }) => userId.startsWith('many-'))
    expect(found).toHaveLength(500)
    expect(new Set(found.map(({ traceId }) => traceId)).size).toBe(500)
  })
})

describe('an outage of the log', () => {
  test('202 while the spool has room, 503 with Retry-After when it has not; all that was accepted arrives', async () => {
    const at = await start({})
    const accepted: string[] = []
    let refused: Answer | undefined
    log.state = 'down'
    for (let i = 0; i < 100 && refused === undefined; i++) {
      const answer = await send('/v1/events', event({ event_id: `outage-${i}`, pad: 'x'.repeat(200) }), {
        at,
      })
      if (answer.status === 202) accepted.push(answer.body.results[0]!.event_id)
      else refused = answer
    }
    expect(accepted.length).toBeGreaterThan(2)
    expect(refused).toMatchObject({
      status: 503,
      body: { accepted: 0, failed: 1, code: 'REP_LOG_UNAVAILABLE' },
    })
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0)
    // What would be refused for good cannot be kept now either, so that it is to be sent again as well.
    expect((await send('/v1/events', 'no JSON', { at })).status).toBe(503)
    const ready = async () =>
      (await json<{ checks: Record<string, string> }>(`${at}/readyz`)).checks['event-log']
    expect(await ready()).toMatch(/bytes wait in the spool/)
    log.state = 'up'
    await expect.poll(ready, { timeout: 30_000 }).toBe('ok')
    const there = (await actions()).map(({ traceId }) => traceId)
    expect(accepted.filter((id) => !there.includes(id))).toEqual([])
  })
})

describe('senders', () => {
  test('with write keys, only who has one may send; what is refused unread is counted as a bad event', async () => {
    const at = await start({ writeKeys: [`web=${KEY}`] })
    for (const headers of [{}, { 'x-write-key': 'another-key' }] as Record<string, string>[])
      expect((await send('/v1/events', event(), { at, headers })).status).toBe(401)
    expect((await send('/v1/events', event(), { at, headers: { 'x-write-key': KEY } })).status).toBe(202)
    expect((await send(`/v1/events?write_key=${KEY}`, event(), { at })).status).toBe(202)
    expect((await send('/v1/events', { user_id: '' }, { at, headers: { 'x-write-key': KEY } })).status).toBe(
      400,
    )
    expect((await bad()).at(-1)).toMatchObject({ sender: 'web', status: 400 })
    await expect
      .poll(
        async () => (await bad()).filter(({ status }) => status === 401).map(({ requests }) => requests),
        {
          timeout: 30_000,
        },
      )
      .toEqual([2])
  })

  test('over the rate of its key: 429 with Retry-After; another key is not held up', async () => {
    const at = await start({ writeKeys: [`a=${KEY}-a`, `b=${KEY}-b`], eventsPerSecond: 2 })
    const as = (key: string) => ({ at, headers: { 'x-write-key': key } })
    const batch = Array(200).fill(event())
    expect((await send('/v1/events', batch, as(`${KEY}-a`))).status).toBe(202)
    const refused = await send('/v1/events', event(), as(`${KEY}-a`))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10)
    expect((await send('/v1/events', event(), as(`${KEY}-b`))).status).toBe(202)
  })

  test('pages of allowed origins may send; a browser asks first', async () => {
    const origin = 'https://shop.example'
    const ask = (at: string, from: string) =>
      fetch(`${at}/v1/events`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      })
    const preflight = await ask(url, origin)
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-write-key')
    const strict = await start({ origins: [origin], writeKeys: [`web=${KEY}`] })
    expect((await ask(strict, origin)).headers.get('access-control-allow-origin')).toBe(origin)
    expect((await ask(strict, 'https://other.example')).headers.get('access-control-allow-origin')).toBe(null)
    const refused = await send('/v1/events', event(), { at: strict, headers: { origin } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin])
  })
})

describe('posts', () => {
  test('a like counts once by user and post, however often it is sent; so does taking it back', async () => {
    const like = () => send('/v1/posts/post%2F1/like', { user_id: 'fan', session_id: 's' })
    const unlike = () =>
      send('/v1/posts/post%2F1/like?user_id=fan', undefined, { method: 'DELETE', headers: {} })
    const answers = await Promise.all([like(), like(), like()])
    expect(answers.some(({ status, body }) => status === 202 && body.changed)).toBe(true)
    expect(await like()).toMatchObject({ status: 200, body: { liked: true, changed: false } })
    expect(await unlike()).toMatchObject({ status: 202, body: { liked: false, changed: true } })
    expect(await unlike()).toMatchObject({ status: 200, body: { liked: false, changed: false } })
    expect(await like()).toMatchObject({ status: 202, body: { liked: true, changed: true } })
    const found = (await actions()).filter(({ userId }) => userId === 'fan')
    const unique = new Map(found.map((one) => [one.traceId, one]))
    expect([...unique.values()].map(({ actionType }) => actionType)).toEqual(['LIKE', 'UNLIKE', 'LIKE'])
    expect(found[0]).toMatchObject({ productId: 'post/1', properties: { post_id: 'post/1' } })
  })

  test('a view; and who names no user is told where', async () => {
    const { status, body } = await send('/v1/posts/p7/view', { user_id: 'v', properties: { from: 'feed' } })
    expect(status).toBe(202)
    expect(await action(body.results[0]!.event_id)).toMatchObject({
      actionType: 'VIEW',
      productId: 'p7',
      properties: { post_id: 'p7', from: 'feed' },
    })
    for (const path of ['/v1/posts/p7/view', '/v1/posts/p7/like', '/v1/search'])
      expect(await send(path, { query: 'q' })).toMatchObject({ status: 400, body: { pointer: '/user_id' } })
    expect((await send('/v1/posts/p7/view', { user_id: 'v', properties: 3 })).body.pointer).toBe(
      '/properties',
    )
  })
})

describe('searches', () => {
  const recent = async (user: string): Promise<string[]> =>
    (await json<{ searches: { query: string }[] }>(`${url}/v1/users/${user}/recent-searches`)).searches.map(
      ({ query }) => query,
    )
  const forget = async (path: string) => (await fetch(url + path, { method: 'DELETE' })).status

  test('newest first, each once, at most 20; one or all can be forgotten', async () => {
    for (let i = 0; i < 22; i++) await send('/v1/search', { user_id: 'seeker', query: ` q/${i} ` })
    await send('/v1/search', { user_id: 'seeker', query: 'q/5' })
    const expected = [
      'q/5',
      ...Array.from({ length: 20 }, (_, i) => `q/${21 - i}`).filter((q) => q !== 'q/5'),
    ]
    expect(await recent('seeker')).toEqual(expected.slice(0, 20))
    expect(await forget('/v1/users/seeker/recent-searches/q%2F21')).toBe(204)
    expect(await forget('/v1/users/seeker/recent-searches/q%2F21')).toBe(404)
    expect((await recent('seeker'))[1]).toBe('q/20')
    expect(await forget('/v1/users/seeker/recent-searches')).toBe(204)
    expect(await recent('seeker')).toEqual([])
    const found = (await actions()).filter(({ userId }) => userId === 'seeker')
    expect(found).toHaveLength(23)
    expect(found[0]).toMatchObject({ actionType: 'SEARCH', query: 'q/0' })
  })

  test('many searches at once are all kept', async () => {
    const queries = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(queries.map((query) => send('/v1/search', { user_id: 'fast', query })))
    expect((await recent('fast')).sort()).toEqual(queries)
  })

  test('a query that is none is told', async () => {
    for (const query of ['', '  ', 7, undefined, 'x'.repeat(201)])
      expect(await send('/v1/search', { user_id: 'u', query })).toMatchObject({
        status: 400,
        body: { pointer: '/query' },
      })
  })
})

describe('the service', () => {
  test('its OpenAPI document names every endpoint', async () => {
    const { paths } = await json<{ paths: object }>(`${url}/openapi.json`)
    expect(Object.keys(paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/events',
      '/v1/posts/{postId}/like',
      '/v1/posts/{postId}/view',
      '/v1/sdk.js',
      '/v1/search',
      '/v1/users/{userId}/recent-searches',
      '/v1/users/{userId}/recent-searches/{query}',
    ])
  })

  test('counts events by what became of them', async () => {
    const at = await start({})
    await send('/v1/events', [event(), event({ event_type: 'other' }), {}], { at })
    const text = await (await fetch(`${at}/metrics`)).text()
    for (const result of ['action', 'custom', 'rejected'])
      expect(text).toContain(`rep_collect_events_total{result="${result}"} 1`)
    for (const line of ['rep_collect_spool_bytes 0', 'rep_collect_spool_refused_total 0'])
      expect(text).toContain(line)
  })
})
