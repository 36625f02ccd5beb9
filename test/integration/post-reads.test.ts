import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedPosts } from '../../src/app/seed-posts.ts'
import { TOPICS } from '../../src/domain/topics.ts'
import { POST_CATEGORIES, PostMaker } from '../../src/load/posts/post-facts.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { startCollectServer } from '../../src/serve/collect-server.ts'
import type { Server } from '../../src/serve/server.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { type Collect, openCollect } from '../../src/stages/collect/open-collect.ts'
import { POST_INDEX_SPEC } from '../../src/stages/collect/post-index.ts'

const POSTS = 12_345
const BEFORE_MS = Date.UTC(2026, 0, 5)
let dataDir: string
let stack: Stack
let collect: Collect
let server: Server
const lines: string[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rep-posts-'))
  stack = await openEmbeddedStack({ dataDir: join(dataDir, 'stack'), dims: 4 })
  await stack.log.ensureTopics(TOPICS)
  await stack.documents.ensureIndexes([POST_INDEX_SPEC])
  const options = {
    beforeMs: BEFORE_MS,
    signal: new AbortController().signal,
    log: (line: string) => lines.push(line),
  }
  await seedPosts(stack, { from: 0, to: 4321, ...options })
  await seedPosts(stack, { from: 4321, to: POSTS, ...options })
  const log = () => undefined
  const spool = { spoolDirectory: join(dataDir, 'spool'), spoolMaxBytes: 4000 }
  collect = await openCollect({ stack, documents: stack.documents, ...spool, log })
  const http = { collect, writeKeys: [], eventsPerSecond: null, bodyLimitBytes: 100_000, origins: [] }
  server = await startCollectServer({ stack, collect: http, port: 0, log })
})
afterAll(async () => {
  await server.close()
  await collect.close()
  await stack.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${server.url}${path}`)
  return { status: answer.status, body: await answer.json() }
}

test('every post is there once, as its number makes it', async () => {
  const maker = new PostMaker(BEFORE_MS)
  expect(await stack.documents.count('post_index')).toBe(POSTS)
  for (const post of [0, 4320, 4321, 9999, POSTS - 1]) {
    const facts = maker.facts(post)
    expect(await get(`/v1/posts/${facts.id}`)).toEqual({ status: 200, body: facts })
  }
  expect(await get(`/v1/posts/${maker.facts(POSTS).id}`)).toMatchObject({
    status: 404,
    body: { code: 'REP_NOT_FOUND' },
  })
})

test('a category’s posts come newest first, as many as asked for', async () => {
  const maker = new PostMaker(BEFORE_MS)
  const category = POST_CATEGORIES[3]!
  const newest = Array.from({ length: POSTS }, (_, post) => maker.facts(post))
    .filter((post) => post.category === category)
    .map(({ createdAt }) => createdAt)
    .sort((a, b) => b - a)
  const { status, body } = await get(`/v1/posts?category=${encodeURIComponent(category)}&limit=15`)
  const { posts } = body as { posts: { createdAt: number; category: string }[] }
  expect(status).toBe(200)
  expect(posts.map(({ createdAt }) => createdAt)).toEqual(newest.slice(0, 15))
  expect(posts.every((post) => post.category === category)).toBe(true)
})

test.each([
  ['/v1/posts', '/category'],
  ['/v1/posts?category=shoes&limit=0', '/limit'],
  ['/v1/posts?category=shoes&limit=many', '/limit'],
])('%s is refused, saying where', async (path, pointer) => {
  expect(await get(path)).toMatchObject({ status: 400, body: { pointer } })
})
