import { expect, test } from 'vitest'
import { HashingEmbedder } from '../../../../src/drivers/embedder/hashing.ts'

test('says what it is', () => {
  expect(new HashingEmbedder(64).capabilities).toEqual({
    model: 'hashing-64 (not a language model)',
    dims: 64,
    semantic: false,
  })
})

test('a text without words is the first axis', async () => {
  expect([...(await new HashingEmbedder(4).embed([' -- ,—。'])).rows]).toEqual([1, 0, 0, 0])
})

test('case, punctuation and composed accents make no difference', async () => {
  const embedder = new HashingEmbedder(16)
  const { rows } = await embedder.embed(['Café, RED (shoes)!', 'cafe\u0301 red shoes'])
  expect([...rows.subarray(0, 16)]).toEqual([...rows.subarray(16)])
})

test('embeddings are the same in every version, for indexes that outlive it', async () => {
  const { rows: row } = await new HashingEmbedder(8).embed(['tea kettle'])
  expect([...row].map((value) => Number(value.toFixed(4)))).toMatchInlineSnapshot(`
    [
      -0.2739,
      0.0913,
      -0.2739,
      0.5477,
      -0.3651,
      0,
      0,
      -0.639,
    ]
  `)
})

test('products of one category are nearer to each other than to those of another', async () => {
  const embedder = new HashingEmbedder()
  const kinds = [
    'Espresso machine kitchen appliances stainless steel',
    'Trail running shoes sports outdoor lightweight',
  ]
  const texts = kinds.flatMap((kind) =>
    Array.from({ length: 20 }, (_, i) => `Brand${i} ${kind} model ${i * 37}`),
  )
  const { rows } = await embedder.embed(texts)
  const similarity = (a: number, b: number): number => {
    let sum = 0
    for (let i = 0; i < 384; i++) sum += rows[a * 384 + i]! * rows[b * 384 + i]!
    return sum
  }
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) expect(similarity(i, j)).toBeGreaterThan(similarity(i, 20 + j) + 0.2)
  }
})
