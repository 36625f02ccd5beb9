import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexLine, sendBulk, updateLine } from '../../../src/drivers/elasticsearch-bulk.ts'
import { ElasticsearchClient } from '../../../src/drivers/elasticsearch-client.ts'
import { countIndex, getSources } from '../../../src/drivers/elasticsearch-indexes.ts'
import { startTestServer, type TestServer } from '../../fixtures/http-server.ts'

type Item = { status: number; result?: string; error?: object }

/** Answers each request in turn: items for the lines of a bulk, or a body, or a status. */
type Answer = number | Readonly<Record<string, unknown>> | ((ids: readonly string[]) => readonly Item[])

const CREATED: Item = { status: 201, result: 'created' }
const BUSY: Item = {
  status: 429,
  error: { type: 'es_rejected_execution_exception', reason: 'queue is full' },
}

let server: TestServer
let client: ElasticsearchClient
let answers: Answer[]
let asked: string[][]
let lines: string[]
beforeEach(async () => {
  answers = []
  asked = []
  lines = []
  server = await startTestServer((request, response) => void answer(request, response))
  client = new ElasticsearchClient({ node: server.url, prefix: 'p-', log: (line) => void lines.push(line) })
})
afterEach(async () => {
  await client.close()
  await server.close()
})

test('items that the cluster has no room for are sent again, and only they', async () => {
  answers = [
    (ids) => ids.map((id) => (id === 'b' || id === 'd' ? BUSY : CREATED)),
    (ids) => ids.map((id) => (id === 'b' ? BUSY : CREATED)),
    () => [{ status: 200, result: 'updated' }],
  ]
  const { created, refused } = await bulk(['a', 'b', 'c', 'd'])
  expect(asked).toEqual([['a', 'b', 'c', 'd'], ['b', 'd'], ['b']])
  expect([...created]).toEqual([1, 0, 1, 1])
  expect(refused).toEqual([])
})

test('a conflict is success; other errors are reported by position with their reason', async () => {
  const error = {
    type: 'document_parsing_exception',
    reason: 'failed to parse',
    caused_by: { type: 'x', reason: 'bad number' },
  }
  answers = [() => [CREATED, { status: 409, error: { type: 'conflict' } }, { status: 400, error }]]
  const outcome = await sendBulk(client, [line('a'), null, line('b'), line('c')], { index: 'i' })
  expect([...outcome.created]).toEqual([1, 0, 0, 0])
  expect(outcome.refused).toEqual([{ position: 3, status: 400, reason: 'failed to parse: bad number' }])
})

test('trouble of the cluster is never taken for a fault of the document', async () => {
  const shards: Item = { status: 503, error: { type: 'unavailable_shards_exception', reason: 'primary' } }
  const block: Item = { status: 403, error: { type: 'cluster_block_exception', reason: 'read-only' } }
  answers = [() => [shards, block, CREATED], (ids) => ids.map(() => CREATED)]
  const { created, refused } = await bulk(['a', 'b', 'c'])
  expect(asked).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b'],
  ])
  expect([...created]).toEqual([1, 1, 1])
  expect(refused).toEqual([])
  for (const [status, type, code] of [
    [404, 'index_not_found_exception', 'REP_NOT_FOUND'],
    [403, 'security_exception', 'REP_ENVIRONMENT'],
  ] as const) {
    answers = [() => [{ status, error: { type, reason: 'no' } }]]
    await expect(bulk(['a'])).rejects.toMatchObject({ code })
  }
})

test('a shard that does not answer does not pass for a missing document', async () => {
  answers = [{ docs: [{ found: false }, { error: { type: 'no_shard_available_action_exception' } }] }]
  await expect(getSources(client, 'i', ['a', 'b'])).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
  answers = [{ docs: [{ found: false }, { found: true, _source: { x: 1 } }] }]
  expect(await getSources(client, 'i', ['a', '', 'b'])).toEqual([null, null, { x: 1 }])
  answers = [{ count: 3, _shards: { failed: 1 } }]
  await expect(countIndex(client, 'i')).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE' })
})

test('a cluster that stays without room is unavailable for now', async () => {
  answers = Array.from({ length: 20 }, (): Answer => (ids) => ids.map(() => BUSY))
  await expect(bulk(['a'])).rejects.toMatchObject({
    code: 'REP_STORE_UNAVAILABLE',
    retryable: true,
    message: expect.stringContaining('queue is full'),
  })
  expect(asked.length).toBeGreaterThan(3)
})

test('a stop ends the waiting', async () => {
  const stop = new AbortController()
  answers = Array.from(
    { length: 20 },
    (): Answer => (ids) => {
      stop.abort()
      return ids.map(() => BUSY)
    },
  )
  await expect(sendBulk(client, [line('a')], { index: 'i', signal: stop.signal })).rejects.toThrow()
  expect(asked).toHaveLength(1)
})

test('large batches go in several requests, positions kept', async () => {
  const filler = 'x'.repeat(3_000_000)
  answers = Array.from(
    { length: 3 },
    (): Answer => (ids) => ids.map((id) => (id === '3' ? { status: 400, error: { reason: 'no' } } : CREATED)),
  )
  const actions = ['0', '1', '2', '3', '4'].map((id) => `${indexLine(id)}{"f":"${filler}"}\n`)
  const { created, refused } = await sendBulk(client, actions, { index: 'i' })
  expect(asked).toEqual([['0', '1'], ['2', '3'], ['4']])
  expect([...created]).toEqual([1, 1, 1, 0, 1])
  expect(refused.map(({ position }) => position)).toEqual([3])
})

test('an answer of "not now" is tried again; so is a broken connection', async () => {
  answers = [503, 429, -1, (ids) => ids.map(() => CREATED)]
  expect([...(await bulk(['a'])).created]).toEqual([1])
  expect(asked).toHaveLength(4)
  expect(lines).toEqual([])
})

test('a cluster that stays away: retryable, one line when it goes and one when it is back', async () => {
  answers = Array.from({ length: 8 }, (): Answer => 503)
  for (let i = 0; i < 2; i++)
    await expect(bulk(['a'])).rejects.toMatchObject({ code: 'REP_STORE_UNAVAILABLE', retryable: true })
  answers = [(ids) => ids.map(() => CREATED)]
  await bulk(['a'])
  expect(lines).toEqual([
    expect.stringMatching(/^elasticsearch: Elasticsearch at 127\.0\.0\.1:\d+ is not ready/),
    expect.stringMatching(/^elasticsearch: 127\.0\.0\.1:\d+ answers again/),
  ])
})

test('refusals are told apart: the key, the index, the request', async () => {
  for (const [status, code] of [
    [401, 'REP_ENVIRONMENT'],
    [403, 'REP_ENVIRONMENT'],
    [404, 'REP_NOT_FOUND'],
    [400, 'REP_INTERNAL'],
  ] as const) {
    answers = [status]
    await expect(bulk(['a'])).rejects.toMatchObject({ code, retryable: false })
  }
  expect(asked).toHaveLength(4)
})

test('nobody at the address: retryable, with the address and without the password', async () => {
  const { host } = new URL(server.url)
  await server.close()
  const away = new ElasticsearchClient({ node: `http://user:secret@${host}` })
  const failing = away.serverVersion()
  await expect(failing).rejects.toMatchObject({
    code: 'REP_STORE_UNAVAILABLE',
    exit: 3,
    message: expect.stringContaining(host),
  })
  await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
  await away.close()
})

test('ids are quoted as JSON', () => {
  for (const id of ['018bcfe5-6800-7000-8000-000000000001', 'a"b\\', 'é\n', 'a b', '\u2028'])
    for (const text of [indexLine(id), updateLine(id)])
      expect(Object.values(JSON.parse(text) as Record<string, { _id: string }>)[0]!._id).toBe(id)
})

function bulk(ids: readonly string[]) {
  return sendBulk(client, ids.map(line), { index: 'i' })
}

function line(id: string): string {
  return `${indexLine(id)}{}\n`
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  expect(request.url).toMatch(/^\/p-i\/_/)
  const ids = request.url?.startsWith('/p-i/_bulk') ? idsOf(body) : []
  asked.push(ids)
  const next = answers.shift() ?? 500
  if (next === -1) {
    response.destroy()
    return
  }
  const status = typeof next === 'number' ? next : 200
  const content = typeof next === 'function' ? { items: next(ids).map((item) => ({ index: item })) } : next
  response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
  const refusal = { error: { reason: `told to answer ${status}` } }
  response.end(JSON.stringify(typeof content === 'number' ? refusal : content))
}

function idsOf(lines: string): string[] {
  const headers = lines.split('\n').filter((text, i) => i % 2 === 0 && text !== '')
  return headers.map((text) => (JSON.parse(text) as { index: { _id: string } }).index._id)
}
