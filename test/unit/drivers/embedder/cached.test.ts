import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CachedEmbedder } from '../../../../src/drivers/embedder/cached.ts'
import { HashingEmbedder } from '../../../../src/drivers/embedder/hashing.ts'
import { VectorCache } from '../../../../src/drivers/embedder/vector-cache.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { Embedder } from '../../../../src/ports/embedder.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../../../src/stacks/embedded.ts'

let directory: string
let stack: Stack
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rep-cached-'))
  stack = await openEmbeddedStack({ dataDir: directory, dims: 1 })
})
afterEach(async () => {
  await stack.close()
  rmSync(directory, { recursive: true, force: true })
})

/** The hashing embedder under another name, that notes what it is asked, and says that longer texts were cut. */
function counting(fallback: string | null = null): Embedder & { readonly asked: string[] } {
  const hashing = new HashingEmbedder(16)
  const asked: string[] = []
  return {
    asked,
    capabilities: { model: 'counting', dims: 16, semantic: true },
    async embed(texts, options) {
      asked.push(...texts)
      const truncated = texts.flatMap((text, i) => (text.length > 10 ? [i] : []))
      return { ...(await hashing.embed(texts, options)), truncated, fallback }
    },
    close: async () => undefined,
  }
}

test('a text is computed once, also within a batch; order and cuts are kept', async () => {
  const inner = counting()
  const cached = new CachedEmbedder(inner, { keyValue: null })
  const texts = ['red shoes', 'a text that is too long', 'red shoes', 'tea']
  const first = await cached.embed(texts)
  expect(first.truncated).toEqual([1])
  expect(inner.asked).toEqual(['red shoes', 'a text that is too long', 'tea'])
  expect(await cached.embed(texts)).toEqual(first)
  expect(inner.asked).toHaveLength(3)
  const plain = await new HashingEmbedder(16).embed(texts)
  expect(first.rows).toEqual(plain.rows)
  expect(cached.stats).toEqual({ texts: 8, l1Hits: 4, l2Hits: 0, misses: 4, l2Failures: 0 })
})

test('queries and passages are kept apart', async () => {
  const inner = counting()
  const cached = new CachedEmbedder(inner, { keyValue: null })
  await cached.embed(['tea'], { kind: 'query' })
  await cached.embed(['tea'], { kind: 'passage' })
  expect(inner.asked).toEqual(['tea', 'tea'])
})

test('another process finds the vectors in the key-value store, also when many ask at once', async () => {
  const texts = Array.from({ length: 60 }, (_, i) => `product number ${i}`)
  const { rows, truncated } = await new CachedEmbedder(counting(), { keyValue: stack.keyValue }).embed(texts)
  const inner = counting()
  const other = new CachedEmbedder(inner, { keyValue: stack.keyValue })
  const parts = await Promise.all([0, 20, 40].map((at) => other.embed(texts.slice(at, at + 20))))
  for (const [i, part] of parts.entries()) expect(part.rows).toEqual(rows.slice(i * 320, (i + 1) * 320))
  expect(parts.flatMap((part, i) => part.truncated.map((at) => at + 20 * i))).toEqual(truncated)
  expect(inner.asked).toEqual([])
  expect(other.stats).toMatchObject({ l2Hits: 60, misses: 0 })
})

test('vectors of the fallback are not kept', async () => {
  const inner = counting('hashing')
  const cached = new CachedEmbedder(inner, { keyValue: stack.keyValue })
  expect((await cached.embed(['tea'])).fallback).toBe('hashing')
  await cached.embed(['tea'])
  expect(inner.asked).toEqual(['tea', 'tea'])
})

test('a store that fails costs the work, not the answer', async () => {
  const down = new RepError('REP_STORE_UNAVAILABLE', 'down')
  const keyValue = Object.create(stack.keyValue, {
    getMany: { value: () => Promise.reject(down) },
    setMany: { value: () => Promise.reject(down) },
  }) as typeof stack.keyValue
  const cached = new CachedEmbedder(counting(), { keyValue })
  expect((await cached.embed(['tea'])).rows).toHaveLength(16)
  expect(cached.stats).toMatchObject({ misses: 1, l2Failures: 2 })
})

test('the vector longest unused goes first', () => {
  const cache = new VectorCache(2, 2 * 8)
  const kept = { vector: new Float32Array(2), truncated: false }
  cache.set('a', kept)
  cache.set('b', kept)
  cache.get('a')
  cache.set('c', kept)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([kept, undefined, kept])
  expect(cache.size).toBe(2)
})
