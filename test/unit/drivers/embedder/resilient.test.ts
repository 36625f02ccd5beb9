import { afterEach, expect, test, vi } from 'vitest'
import { HashingEmbedder } from '../../../../src/drivers/embedder/hashing.ts'
import { ResilientEmbedder, type ResilientOptions } from '../../../../src/drivers/embedder/resilient.ts'
import type { ErrorCode } from '../../../../src/errors/codes.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { Embedder, EmbedOptions } from '../../../../src/ports/embedder.ts'

afterEach(() => void vi.useRealTimers())

/** Fails with the codes in turn, then answers; counts calls and how many were under way at once. */
function troubled(codes: readonly (ErrorCode | null)[]) {
  const inner = new HashingEmbedder(8)
  const seen = { calls: 0, most: 0 }
  let under = 0
  const embedder: Embedder = {
    capabilities: { model: 'real', dims: 8, semantic: true },
    async embed(texts: readonly string[], options?: EmbedOptions) {
      const code = codes[seen.calls++]
      seen.most = Math.max(seen.most, ++under)
      await new Promise((resolve) => setImmediate(resolve))
      under--
      if (code) throw new RepError(code, `trouble ${seen.calls}`)
      return inner.embed(texts, options)
    },
    close: async () => undefined,
  }
  return { embedder, seen }
}

function resilient(codes: readonly (ErrorCode | null)[], options: ResilientOptions = {}) {
  const { embedder, seen } = troubled(codes)
  const lines: string[] = []
  const quick = { backoffMs: 1, maxBackoffMs: 2, log: (line: string) => void lines.push(line), ...options }
  return { seen, lines, client: new ResilientEmbedder(embedder, new HashingEmbedder(8), quick) }
}

const DOWN = 'REP_STORE_UNAVAILABLE'

test('a failed call is tried again, up to three times in all', async () => {
  const { client, seen } = resilient([DOWN, 'REP_OVERLOADED', null])
  expect((await client.embed(['tea'])).fallback).toBeNull()
  expect(seen.calls).toBe(3)
  expect(client.stats).toMatchObject({ calls: 1, retries: 2, fallbackCalls: 0 })
})

test('after that the fallback answers, marked and counted', async () => {
  const told: number[] = []
  const { client, seen } = resilient([DOWN, DOWN, DOWN], { onFallback: (texts) => told.push(texts) })
  const answer = await client.embed(['tea', 'red shoes'])
  expect(answer.fallback).toBe('hashing-8 (not a language model)')
  expect(answer.rows).toEqual((await new HashingEmbedder(8).embed(['tea', 'red shoes'])).rows)
  expect(seen.calls).toBe(3)
  expect(client.stats).toMatchObject({ fallbackCalls: 1, fallbackTexts: 2 })
  expect(told).toEqual([2])
})

test('what the service refuses for good is neither tried again nor answered by the fallback', async () => {
  const { client, seen } = resilient(['REP_USAGE'])
  await expect(client.embed(['tea'])).rejects.toMatchObject({ code: 'REP_USAGE' })
  expect(seen.calls).toBe(1)
  expect(client.stats).toMatchObject({ retries: 0, fallbackCalls: 0 })
})

test('many failures open the circuit: the service is left alone, and then asked again', async () => {
  const { client, seen, lines } = resilient([DOWN, DOWN, DOWN, DOWN], { tries: 1, breakAfter: 3, openMs: 50 })
  for (let i = 0; i < 5; i++) expect((await client.embed(['tea'])).fallback).not.toBeNull()
  expect(seen.calls).toBe(3)
  expect(client.stats).toMatchObject({ circuit: 'open', fallbackCalls: 5 })
  // The first question after the pause fails too, so that it is left alone once more.
  await expect.poll(() => client.embed(['tea']).then(() => seen.calls)).toBe(4)
  await expect.poll(async () => (await client.embed(['tea'])).fallback).toBeNull()
  expect(client.stats.circuit).toBe('closed')
  expect(lines.at(-1)).toBe('The embedding service answers again.')
})

test('many texts go in calls of a hundred, ten at a time, and come back in order', async () => {
  const { client, seen } = resilient([])
  const texts = Array.from({ length: 2550 }, (_, i) => `product ${i}`)
  const { rows, fallback } = await client.embed(texts)
  expect(fallback).toBeNull()
  expect(rows).toEqual((await new HashingEmbedder(8).embed(texts)).rows)
  expect(seen).toEqual({ calls: 26, most: 10 })
})

test('one part without the service makes the whole answer the fallback’s', async () => {
  const { client } = resilient([null, DOWN, null], { tries: 1 })
  const texts = Array.from({ length: 250 }, (_, i) => `product ${i}`)
  const { rows, fallback } = await client.embed(texts)
  expect(fallback).not.toBeNull()
  expect(rows).toHaveLength(250 * 8)
})

test('a caller who leaves while it waits for another try is told at once', async () => {
  const { client, seen } = resilient([DOWN, null], { backoffMs: 60_000, maxBackoffMs: 60_000 })
  const caller = new AbortController()
  const answer = client.embed(['tea'], { signal: caller.signal })
  await expect.poll(() => seen.calls).toBe(1)
  caller.abort()
  await expect(answer).rejects.toThrow()
})
