import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dot } from '../../../../src/domain/vector.ts'
import {
  type Arithmetic,
  type Dtype,
  findModel,
} from '../../../../src/drivers/embedder/transformers/model-files.ts'
import { SentenceModel } from '../../../../src/drivers/embedder/transformers/sentence-model.ts'
import { loadTransformers } from '../../../../src/drivers/embedder/transformers/transformers-module.ts'
import { type Bert, sentenceVector } from '../../../fixtures/embedder/bert.ts'
import { MINILM, MODELS, minilmTest, readMinilm } from '../../../fixtures/embedder/minilm.ts'
import { TINY_TOKENS } from '../../../fixtures/embedder/random-bert.ts'
import { tinyTokens, writeTinyModel } from '../../../fixtures/embedder/tiny-model.ts'

const root = mkdtempSync(join(tmpdir(), 'rep-model-'))
const MIXED = [
  'tea',
  'red leather running shoes for women',
  'wireless headphones',
  'green garden hose with red electric kettle and blue boots for men and women',
  'z',
]
let bert: Bert
beforeAll(() => {
  bert = writeTinyModel(root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function withModel<T>(
  choice: { readonly dtype: Dtype; readonly arithmetic?: Arithmetic },
  use: (model: SentenceModel, dims: number) => Promise<T>,
): Promise<T> {
  const files = findModel({ model: 'tiny-bert', ...choice }, root)!
  const model = await SentenceModel.load(files)
  try {
    return await use(model, files.dims)
  } finally {
    await model.close()
  }
}

describe.each([
  { dtype: 'fp32' },
  { dtype: 'q8', arithmetic: 'file' },
  { dtype: 'q8', arithmetic: 'int8' },
] as const)('tiny model with random weights, $dtype $arithmetic', (choice) => {
  test('agrees with plain float32 arithmetic', () =>
    withModel(choice, async (model, dims) => {
      const texts = MIXED.slice(0, 3)
      const { rows } = await model.embed(texts)
      for (const [i, text] of texts.entries()) {
        const row = rows.subarray(i * dims, (i + 1) * dims)
        expect(dot(row, sentenceVector(bert, tinyTokens(text)))).toBeGreaterThan(0.999)
      }
      // Another text is far enough away for the figure above to mean something.
      expect(dot(rows.subarray(0, dims), sentenceVector(bert, tinyTokens(texts[1]!)))).toBeLessThan(0.9)
    }))

  test('a text has the same vector alone as among texts of other lengths', () =>
    withModel(choice, async (model, dims) => {
      const { rows } = await model.embed(MIXED)
      for (const [i, text] of MIXED.entries()) {
        const { rows: alone } = await model.embed([text])
        expect(dot(alone, rows.subarray(i * dims, (i + 1) * dims))).toBeGreaterThan(0.999)
      }
    }))
})

test('says which texts were cut, and cuts no other', () =>
  withModel({ dtype: 'fp32' }, async (model, dims) => {
    const full = Array(TINY_TOKENS - 2)
      .fill('tea')
      .join(' ')
    const { rows, truncated } = await model.embed(['tea', `${full} hose`, full])
    expect(truncated).toEqual([1])
    // The same, but for the end-of-text token that transformers.js cuts off too.
    expect(dot(rows.subarray(dims, 2 * dims), rows.subarray(2 * dims))).toBeGreaterThan(0.99)
  }))

test('weights that are no model are refused with their place', async () => {
  const files = findModel({ model: 'tiny-bert' }, root)!
  await expect(SentenceModel.load({ ...files, dtype: 'q4' })).rejects.toMatchObject({
    code: 'REP_ENVIRONMENT',
    message: expect.stringContaining(files.directory),
  })
})

const MINILM_TEXTS = [
  'wireless bluetooth headphones',
  'noise cancelling earbuds',
  'garden hose',
  'yes',
  'x '.repeat(40),
]

/** The texts' vectors in plain float32 arithmetic, which takes seconds: made once. */
let minilmVectors: Promise<Float32Array[]> | null = null

async function minilmReference(): Promise<Float32Array[]> {
  const { AutoTokenizer } = await loadTransformers()
  const tokenizer = await AutoTokenizer.from_pretrained(MINILM, { local_files_only: true })
  const options = { padding: false, truncation: true, max_length: 512, return_tensor: false } as const
  const weights = readMinilm()
  return tokenizer(MINILM_TEXTS, options).input_ids.map((ids) => sentenceVector(weights, ids))
}

describe.each([
  { arithmetic: 'file', least: 0.999 },
  { arithmetic: 'int8', least: 0.99 },
] as const)('MiniLM, $arithmetic', ({ arithmetic, least }) => {
  minilmTest('agrees with plain float32 arithmetic on its weights, alone and in a batch', async () => {
    const files = findModel({ model: MINILM, arithmetic }, MODELS)!
    expect(files).toMatchObject({ dims: 384, dtype: 'q8', maxTokens: 512, arithmetic })
    const model = await SentenceModel.load(files)
    try {
      const { rows } = await model.embed(MINILM_TEXTS)
      const row = (i: number): Float32Array => rows.subarray(i * 384, (i + 1) * 384)
      minilmVectors ??= minilmReference()
      for (const [i, expected] of (await minilmVectors).entries()) {
        const { rows: alone } = await model.embed([MINILM_TEXTS[i]!])
        expect(dot(alone, row(i))).toBeGreaterThan(0.999)
        expect(dot(row(i), expected)).toBeGreaterThan(least)
      }
      expect(dot(row(0), row(1))).toBeCloseTo(0.43, 1)
      expect(dot(row(0), row(2))).toBeLessThan(0.2)
    } finally {
      await model.close()
    }
  })
})
