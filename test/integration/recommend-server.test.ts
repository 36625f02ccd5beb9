import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { featuresKey, recentKey } from '../../src/domain/features/feature-keys.ts'
import { popularKey } from '../../src/domain/indexes.ts'
import { NO_TRACE_ID } from '../../src/domain/trace-id.ts'
import { type Server, startServer } from '../../src/serve/server.ts'
import {
  openRecommendStack,
  preferenceOf,
  putPreference,
  putProduct,
  type RecommendStack,
} from '../fixtures/recommend-stack.ts'

const settings = { candidates: 50, indexKind: 'hnsw', diversity: 0, popularRefreshMs: 1000 } as const
let stack: RecommendStack
let server: Server
let closeStack: () => Promise<void>
const lines: string[] = []

beforeAll(async () => {
  ;({ stack, close: closeStack } = await openRecommendStack())
  server = await startServer({ stack, settings, port: 0, log: (line) => lines.push(line) })
})
afterAll(async () => {
  await server.close()
  await closeStack()
})

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(server.url + path)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('recommend server', () => {
  test('binds to loopback, is alive, and is not ready before there are products', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
    const readiness = await get('/readyz')
    expect(readiness).toMatchObject({ status: 503, body: { ready: false } })
    expect(readiness.body.checks).toEqual({
      'key-value': 'ok',
      'vector-index': 'product_index holds no products yet',
    })
    await putProduct(stack, 'tea', [1, 0, 0, 0], { name: 'Tea', category: 'drinks', price: 5, stock: 3 })
    await putProduct(stack, 'a/b c', [0, 1, 0, 0], { category: 'home', price: 50, stock: 0 })
    await stack.keyValue.rankMany(popularKey(), [{ member: 'a/b c', score: 3 }])
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { ready: true } })
  })

  test('gives a user’s features as they are stored, and takes a strategy', async () => {
    const fields = { avg_viewed_price_10m: '12.5', top_category_30m: 'drinks', as_of: '1000' }
    await stack.keyValue.setHashes([{ key: featuresKey('u 2'), fields }])
    await stack.keyValue.setLists([{ key: recentKey('u 2'), items: ['tea', 'gone'] }])
    expect(await get('/v1/users/u%202/features')).toEqual({
      status: 200,
      body: { userId: 'u 2', features: fields, recent: ['tea', 'gone'] },
    })
    expect(await get('/v1/users/nobody/features')).toMatchObject({
      status: 404,
      body: { code: 'REP_NOT_FOUND', pointer: '/userId' },
    })
    expect(await get('/v1/users/u%202/recommendations?strategy=recent&limit=1')).toMatchObject({
      status: 200,
      body: { path: 'recent', items: [{ productId: 'tea' }] },
    })
    expect(await get('/v1/users/u%202/recommendations?strategy=resent')).toMatchObject({
      status: 400,
      body: { in: 'query', pointer: '/strategy' },
    })
  })

  test('answers for known and unknown users', async () => {
    await putPreference(stack, 'u 1', preferenceOf([1, 0, 0, 0]))
    const known = await get('/v1/users/u%201/recommendations?limit=1')
    expect(known).toMatchObject({
      status: 200,
      body: {
        userId: 'u 1',
        path: 'preference',
        items: [{ productId: 'tea', name: 'Tea', category: 'drinks', price: 5, stock: 3 }],
        basis: { actionCount: 7 },
      },
    })
    const unknown = await get('/v1/users/nobody/recommendations')
    expect(unknown).toMatchObject({ status: 200, body: { path: 'popular', basis: null } })
    const filtered = await get('/v1/users/u%201/recommendations?inStock=false&minPrice=10')
    expect(filtered.body.items).toMatchObject([{ productId: 'a/b c' }])
  })

  test('who polls is told when the user has done nothing since', async () => {
    await putPreference(stack, 'poller', preferenceOf([1, 0, 0, 0]))
    const path = '/v1/users/poller/recommendations'
    const { basis } = (await get(path)).body as { basis: { lastTraceId: string } }
    const unchanged = await fetch(`${server.url}${path}?since=${basis.lastTraceId}`)
    expect([unchanged.status, await unchanged.text()]).toEqual([204, ''])
    expect(await get(`${path}?since=another`)).toMatchObject({ status: 200, body: { basis } })
    const nobody = '/v1/users/nobody/recommendations'
    expect((await get(`${nobody}?since=another`)).status).toBe(200)
    expect((await fetch(`${server.url}${nobody}?since=${NO_TRACE_ID}`)).status).toBe(204)
  })

  test('similar products; an unknown product is 404', async () => {
    expect(await get('/v1/products/a%2Fb%20c/similar')).toMatchObject({
      status: 200,
      body: { productId: 'a/b c', items: [{ productId: 'tea' }] },
    })
    expect(await get('/v1/products/nothing/similar')).toMatchObject({
      status: 404,
      body: { code: 'REP_NOT_FOUND', in: 'path', pointer: '/productId' },
    })
  })

  test.each([
    ['limit=0', '/limit'],
    ['limit=101', '/limit'],
    ['limit=many', '/limit'],
    ['minPrice=-1', '/minPrice'],
    ['inStock=perhaps', '/inStock'],
    ['category=', '/category'],
    ['limt=5', '/limt'],
    ['minPrice=5&maxPrice=4', '/maxPrice'],
  ])('?%s is 400 and points to %s', async (query, pointer) => {
    const answer = await get(`/v1/users/u/recommendations?${query}`)
    expect(answer).toMatchObject({ status: 400, body: { code: 'REP_USAGE', in: 'query', pointer } })
    expect(answer.body.message).toContain(pointer)
  })

  test('an unknown address is 404 in the same shape', async () => {
    expect(await get('/v2/nothing')).toMatchObject({ status: 404, body: { code: 'REP_NOT_FOUND' } })
  })

  test('a record that cannot be read is 500 for its user, logged, and does not say more to the caller', async () => {
    await stack.keyValue.setMany([{ key: 'user:preference:broken', value: new Uint8Array([1, 2, 3]) }])
    expect(await get('/v1/users/broken/recommendations')).toEqual({
      status: 500,
      body: { code: 'REP_CODEC', message: 'The service failed; its log says why.' },
    })
    expect(lines.join('\n')).toContain('/v1/users/broken/recommendations failed')
  })

  test('the OpenAPI document describes what is served', async () => {
    const { body } = await get('/openapi.json')
    expect(body.openapi).toMatch(/^3\./)
    expect(Object.keys(body.paths as object).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/products/{productId}/similar',
      '/v1/users/{userId}/features',
      '/v1/users/{userId}/recommendations',
    ])
    const operation = (body.paths as Record<string, { get: { parameters: { name: string }[] } }>)[
      '/v1/users/{userId}/recommendations'
    ]
    expect(operation?.get.parameters.map(({ name }) => name).sort()).toEqual(
      ['category', 'inStock', 'limit', 'maxPrice', 'minPrice', 'since', 'strategy', 'userId'].sort(),
    )
  })

  test('metrics count requests by route and status, and recommendations by path', async () => {
    const count = async (line: string): Promise<number> => {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      return Number(
        text
          .split('\n')
          .find((at) => at.startsWith(line))
          ?.split(' ')
          .at(-1) ?? 0,
      )
    }
    const line = 'rep_http_requests_total{route="/v1/users/:userId/recommendations",status="200"}'
    const before = await count(line)
    for (let i = 0; i < 3; i++) await get('/v1/users/nobody/recommendations')
    expect(await count(line)).toBe(before + 3)
    expect(await count('rep_recommendations_total{path="popular"}')).toBeGreaterThanOrEqual(3)
    const bucket =
      'rep_http_request_duration_seconds_bucket{route="/v1/users/:userId/recommendations",le="+Inf"}'
    const total = 'rep_http_request_duration_seconds_count{route="/v1/users/:userId/recommendations"}'
    expect(await count(bucket)).toBe(await count(total))
  })

  test('a taken port is an error that names it', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startServer({ stack, settings, port })).rejects.toMatchObject({
      code: 'REP_PORT_IN_USE',
      message: expect.stringContaining(String(port)),
    })
  })

  test('products that came later are found after a while', async () => {
    const later = await openRecommendStack()
    const other = await startServer({
      stack: later.stack,
      settings,
      port: 0,
      log: (line) => lines.push(line),
    })
    try {
      await putPreference(later.stack, 'u', preferenceOf([1, 0, 0, 0]))
      const vector = Float32Array.from([1, 0, 0, 0])
      await later.stack.vectors.upsertMany('product_index', [{ id: 'late', vector, attributes: {} }])
      await expect
        .poll(
          async () => {
            const response = await fetch(`${other.url}/v1/users/u/recommendations`)
            return ((await response.json()) as { items: { productId: string }[] }).items.map(
              (at) => at.productId,
            )
          },
          { timeout: 20_000 },
        )
        .toEqual(['late'])
    } finally {
      await other.close()
      await later.close()
    }
  })
})
