import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../../../src/ports/sql.ts'
import { createHttpApp, listen } from '../../../src/serve/http-app.ts'
import { HttpMetrics } from '../../../src/serve/http-metrics.ts'
import { addStatisticsRoutes } from '../../../src/serve/statistics-routes.ts'
import { openStatisticsStage } from '../../../src/stages/statistics/statistics-stage.ts'
import {
  action,
  appendActions,
  handleAll,
  openStageLab,
  pipelineSettings,
  type StageLab,
} from '../stages/stage-lab.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS
const START_MS = Date.UTC(2026, 2, 1, 12)
/** The last millisecond of the year 9999. */
const END_MS = Date.UTC(10_000, 0) - 1

let lab: StageLab
let app: FastifyInstance
let url: string
const lines: string[] = []

beforeAll(async () => {
  lab = await openStageLab()
  const sql: Sql = await lab.stack.openSql()
  const post = { properties: { post_id: 'x/1' } }
  const at = (minute: number) => ({ timestamp: START_MS + minute * MINUTE_MS + 1 })
  await appendActions(lab.stack, [
    action(1, { ...at(0) }),
    action(2, { ...at(0) }),
    action(3, { ...at(2), actionType: 'LIKE' }),
    action(4, { ...at(2), ...post, actionType: 'LIKE' }),
    action(5, { ...at(90), ...post, actionType: 'LIKE' }),
    action(6, { ...at(90), ...post, actionType: 'UNLIKE' }),
    action(7, { ...at(90), productId: null, actionType: 'SEARCH', query: 'tea' }),
    action(8, { timestamp: START_MS - DAY_MS, productId: 'p1' }),
    // By clocks that are wrong: a range must not end there unless it is asked for.
    action(9, { timestamp: Date.now() + 400 * DAY_MS, productId: null }),
    action(10, { timestamp: END_MS, productId: null }),
  ])
  const { stage, consumer } = await openStatisticsStage(lab.context, pipelineSettings())
  await handleAll({ stage, consumer })
  await stage.flush()
  await consumer.close()
  const log = (line: string) => void lines.push(line)
  app = await createHttpApp({ title: 't', description: '', metrics: new HttpMetrics(), log })
  addStatisticsRoutes(app, { sql, keyValue: lab.stack.keyValue, log })
  url = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await app.close()
  await lab.close()
})

async function get(query: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/statistics${query}`)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const nonZero = (points: unknown) => (points as { count: number }[]).filter(({ count }) => count > 0)

test('counts by minute, also where nothing was counted', async () => {
  const { body } = await get('?interval=minute&from=2026-03-01T12:00:00Z&to=2026-03-01T12:03:00Z')
  expect(body).toMatchObject({
    type: null,
    post: null,
    product: null,
    total: 4,
    byType: { VIEW: 2, LIKE: 2 },
    points: [
      { start: '2026-03-01T12:00:00.000Z', count: 2 },
      { start: '2026-03-01T12:01:00.000Z', count: 0 },
      { start: '2026-03-01T12:02:00.000Z', count: 2 },
    ],
    asOf: expect.stringMatching(/Z$/),
  })
})

test('by hour and day, of one type, post or product; the range ends with what is newest', async () => {
  const { body } = await get('?type=Like')
  expect(body).toMatchObject({ type: 'LIKE', total: 3, to: '2026-03-01T14:00:00.000Z' })
  expect(body.points).toHaveLength(24)
  expect(nonZero(body.points)).toEqual([
    { start: '2026-03-01T12:00:00.000Z', count: 2 },
    { start: '2026-03-01T13:00:00.000Z', count: 1 },
  ])
  const days = await get('?interval=day')
  expect(nonZero(days.body.points)).toEqual([
    { start: '2026-02-28T00:00:00.000Z', count: 1 },
    { start: '2026-03-01T00:00:00.000Z', count: 7 },
  ])
  expect((await get(`?post=${encodeURIComponent('x/1')}`)).body).toMatchObject({
    total: 3,
    byType: { LIKE: 2, UNLIKE: 1 },
  })
  expect((await get('?product=p0&interval=day')).body).toMatchObject({ total: 3 })
  expect((await get('?type=nobody-does&from=2026-03-01&to=2026-03-02')).body).toMatchObject({ total: 0 })
})

test('the last whole day that can be asked for', async () => {
  const { status, body } = await get('?interval=day&from=9999-12-30')
  expect({ status, to: body.to }).toEqual({ status: 200, to: '9999-12-31T00:00:00.000Z' })
})

test('the most viewed, liked, clicked and searched', async () => {
  expect((await get('/top?by=views&of=product')).body).toMatchObject({
    by: 'views',
    of: 'product',
    items: [
      { id: 'p0', count: 2 },
      { id: 'p1', count: 1 },
    ],
  })
  expect((await get('/top?by=views&of=product&limit=1')).body.items).toHaveLength(1)
  // Liked twice, and taken back once.
  expect((await get('/top?by=likes')).body).toMatchObject({ of: 'post', items: [{ id: 'x/1', count: 1 }] })
  expect((await get('/top?by=clicks')).body).toMatchObject({ items: [] })
  expect((await get('/top?by=searches')).body).toMatchObject({
    of: 'query',
    items: [{ id: 'tea', count: 1 }],
  })
})

test.each([
  ['?from=yesterday', '/from', 'zone'],
  ['?to=2026-03-01T12:00', '/to', 'zone'],
  ['?from=2026-03-02&to=2026-03-01', '/to', 'later'],
  ['?interval=minute&from=2026-01-01&to=2026-03-01', '/from', '1500'],
  ['?interval=day&from=9999-12-31', '/from', 'year 10000'],
  ['?interval=day&from=9999-12-01&to=9999-12-31T12:00:00Z', '/to', 'year 10000'],
  ['?interval=day&from=0000-01-01&to=0000-01-02', '/from', '1970'],
  ['?to=1960-01-01', '/to', '1970'],
  ['?interval=week', '/interval', 'one of'],
  ['?post=a&product=b', '/product', 'post'],
  ['?kind=a', '/kind', 'parameter'],
  ['?type=', '/type', 'must not be empty'],
  ['/top', '/by', 'missing'],
  ['/top?by=sales', '/by', 'one of'],
  ['/top?by=views&limit=101', '/limit', '<= 100'],
])('%s is refused with a pointer', async (query, pointer, words) => {
  const { status, body } = await get(query)
  expect({ status, pointer: body.pointer, in: body.in }).toEqual({ status: 400, pointer, in: 'query' })
  expect(body.message).toContain(words)
})

test('live: the last minute, each second, until the client goes', async () => {
  const abort = new AbortController()
  const response = await fetch(`${url}/v1/statistics/live`, { signal: abort.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const seen: { at: string; minute: { total: number } }[] = []
  let text = ''
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString()
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [name, data] = text.slice(0, end).split('\n')
      expect(name).toBe('event: counts')
      seen.push(JSON.parse(data!.slice('data: '.length)) as (typeof seen)[number])
      text = text.slice(end + 2)
    }
    if (seen.length >= 2) break
  }
  abort.abort()
  expect(Date.parse(seen[1]!.at)).toBeGreaterThan(Date.parse(seen[0]!.at))
  // Counted by when they were counted, whatever their event time: in the last minute, unless the machine is very slow.
  expect(seen[1]!.minute.total).toBeLessThanOrEqual(10)
  expect(lines).toEqual([])
})

test('the schemas are in the OpenAPI document', async () => {
  await app.ready()
  const paths = app.swagger().paths ?? {}
  expect(Object.keys(paths)).toEqual(['/v1/statistics', '/v1/statistics/top', '/v1/statistics/live'])
})
