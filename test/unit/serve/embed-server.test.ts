import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddingService, openEmbeddingService } from '../../../src/app/embed/open-service.ts'
import { Home } from '../../../src/app/home.ts'
import { writeTinyModel } from '../../fixtures/embedder/tiny-model.ts'

const root = mkdtempSync(join(tmpdir(), 'rep-embed-server-'))
const DIMS = 32
let service: EmbeddingService
beforeAll(async () => {
  writeTinyModel(root)
  const home = new Home(join(root, 'home'))
  const log = (line: string): void => console.error(line)
  const wish = { model: 'tiny-bert', modelPath: root, threads: 1, home, log }
  service = await openEmbeddingService(wish, {
    host: '127.0.0.1',
    port: 0,
    place: { home, name: 'embedded' },
  })
})
afterAll(async () => {
  await service.close()
  rmSync(root, { recursive: true, force: true })
})

async function post(path: string, body: unknown) {
  const answer = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function get(path: string): Promise<Response> {
  return fetch(service.url + path)
}

test('POST /embed: the vector, of length 1, and what made it', async () => {
  const { status, body } = await post('/embed', { text: 'red shoes' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    model: 'tiny-bert (q8, int8 products)',
    dims: DIMS,
    truncated: false,
    fallback: null,
  })
  expect(Math.hypot(...(body.vector as number[]))).toBeCloseTo(1, 4)
})

test('POST /batch-embed: a vector a text, as numbers or as float32 in base64, cuts reported', async () => {
  const texts = ['red shoes', 'tea '.repeat(100), 'tea']
  const numbers = await post('/batch-embed', { texts })
  const base64 = await post('/batch-embed', { texts, encoding: 'base64' })
  expect(numbers.body.truncated).toEqual([1])
  const decoded = (base64.body.vectors as string[]).map((text) => {
    const bytes = new Uint8Array(Buffer.from(text, 'base64'))
    return Array.from(new Float32Array(bytes.buffer))
  })
  expect(decoded).toEqual(numbers.body.vectors)
})

test('POST /similarity: texts, vectors, and one of each', async () => {
  const { vector } = (await post('/embed', { text: 'red shoes' })).body
  for (const body of [
    { a: 'red shoes', b: 'red shoes' },
    { a: vector, b: 'red shoes' },
    { a: vector, b: vector },
  ])
    expect((await post('/similarity', body)).body.similarity).toBeCloseTo(1, 4)
  const { similarity } = (await post('/similarity', { a: 'red shoes', b: 'electric kettle' })).body
  expect(similarity).toBeLessThan(0.9)
})

const ones = Array(DIMS).fill(1)
describe('what is wrong is said with a pointer', () => {
  test.each([
    ['/embed', {}, '/text'],
    ['/embed', { text: '' }, '/text'],
    ['/embed', { text: ' \n' }, '/text'],
    ['/embed', { text: 5 }, '/text'],
    ['/embed', { text: 'a'.repeat(100_001) }, '/text'],
    ['/embed', { text: 'a', kind: 'question' }, '/kind'],
    ['/embed', { text: 'a', txet: 'b' }, '/txet'],
    ['/batch-embed', { texts: ['a', 7] }, '/texts/1'],
    ['/batch-embed', { texts: ['a', ' '] }, '/texts/1'],
    ['/batch-embed', { texts: 'a' }, '/texts'],
    ['/similarity', { a: 'a' }, '/b'],
    ['/similarity', { a: ' ', b: 'b' }, '/a'],
    ['/similarity', { a: 'a', b: [1, 2] }, '/b'],
    ['/similarity', { a: 'a', b: ones.with(3, null) }, '/b/3'],
    ['/similarity', { a: ones.with(4, 'NaN'), b: 'b' }, '/a/4'],
    ['/similarity', { a: ones.with(5, 1e300), b: 'b' }, '/a/5'],
  ])('%s %j', async (path, body, pointer) => {
    const answer = await post(path, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'REP_USAGE', in: 'body', pointer } })
    expect(answer.body.message).toContain(pointer)
  })

  test('NaN is no JSON, and a body without an object is refused', async () => {
    expect((await post('/similarity', '{"a":[NaN],"b":"b"}')).status).toBe(400)
    expect((await post('/similarity', '[]')).status).toBe(400)
  })

  test('more than 100 texts, or a body that is too large: 413', async () => {
    const many = await post('/batch-embed', { texts: Array(101).fill('tea') })
    expect(many).toMatchObject({ status: 413, body: { pointer: '/texts' } })
    expect((await post('/embed', { text: 'a'.repeat(17 * 1024 * 1024) })).status).toBe(413)
  })
})

interface Stats {
  readonly queued: number
  readonly running: number
  readonly threads: number
  readonly requests: number
  readonly cache: { readonly l1Hits: number }
  readonly batches: { readonly count: number }
  readonly latency: { readonly count: number }
}

test('GET /stats counts requests, hits and batches', async () => {
  const stats = async (): Promise<Stats> => (await (await get('/stats')).json()) as Stats
  await post('/embed', { text: 'counted once' })
  const before = await stats()
  await post('/embed', { text: 'counted once' })
  const after = await stats()
  expect(after.cache.l1Hits).toBe(before.cache.l1Hits + 1)
  expect(after).toMatchObject({ queued: 0, running: 0, threads: 1, requests: after.latency.count })
  expect(after.batches.count).toBeGreaterThan(0)
})

test('GET /metrics, /healthz, /readyz and the API’s description', async () => {
  const metrics = await (await get('/metrics')).text()
  expect(metrics).toMatch(/^rep_embed_texts_total\{from="model"\} \d+$/m)
  expect(metrics).toMatch(/^rep_http_requests_total\{route="\/embed",status="200"\} \d+$/m)
  expect((await get('/healthz')).status).toBe(200)
  expect(await (await get('/readyz')).json()).toEqual({ ready: true, checks: { model: 'ok' } })
  const { paths } = (await (await get('/openapi.json')).json()) as { paths: object }
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/embed', '/batch-embed', '/similarity', '/stats']),
  )
})
