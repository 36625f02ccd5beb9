import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openModel } from '../../../../src/app/embed/open-model.ts'
import { Home } from '../../../../src/app/home.ts'
import { dot } from '../../../../src/domain/vector.ts'
import { type Dtype, findModel } from '../../../../src/drivers/embedder/transformers/model-files.ts'
import type { TransformersEmbedder } from '../../../../src/drivers/embedder/transformers/transformers.ts'
import { type Bert, sentenceVector } from '../../../fixtures/embedder/bert.ts'
import { TINY_TOKENS } from '../../../fixtures/embedder/random-bert.ts'
import { e5Tokens, TINY_E5, writeTinyE5 } from '../../../fixtures/embedder/tiny-e5.ts'

const root = mkdtempSync(join(tmpdir(), 'rep-e5-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let bert: Bert
beforeAll(() => {
  bert = writeTinyE5(root)
})

const TEXTS = ['무선 헤드폰', 'wireless headphones', '헤드폰을 정원의 호스', 'red 차', '🎧 tea']

describe.each(['fp32', 'q8'] as const)('a model of XLM-RoBERTa’s shape, %s', (dtype: Dtype) => {
  let embedder: TransformersEmbedder
  beforeAll(async () => {
    const log = (line: string): void => console.error(line)
    const home = new Home(join(root, 'home'))
    embedder = await openModel({ model: TINY_E5, modelPath: root, dtype, threads: 1, home, log })
  })
  afterAll(() => embedder.close())

  const rowsOf = async (texts: readonly string[], kind?: 'query' | 'passage'): Promise<Float32Array[]> => {
    const { rows } = await embedder.embed(texts, kind === undefined ? {} : { kind })
    return texts.map((_, i) => rows.subarray(i * 32, (i + 1) * 32))
  }

  test.each(['query', 'passage'] as const)(
    '%s texts, Korean ones too, agree with plain arithmetic',
    async (kind) => {
      for (const [i, row] of (await rowsOf(TEXTS, kind)).entries()) {
        const tokens = e5Tokens(`${kind}: ${TEXTS[i]}`)
        expect(dot(row, sentenceVector(bert, tokens)), TEXTS[i]).toBeGreaterThan(0.999)
        // Without the prefix, or with the other one, it would be another vector.
        const other = kind === 'query' ? 'passage' : 'query'
        for (const wrong of [TEXTS[i]!, `${other}: ${TEXTS[i]}`])
          expect(dot(row, sentenceVector(bert, e5Tokens(wrong))), wrong).toBeLessThan(0.998)
      }
    },
  )

  test('a text is a query where nothing is said, alone as in a batch', async () => {
    const batch = await rowsOf(TEXTS)
    for (const [i, text] of TEXTS.entries()) {
      const [alone] = await rowsOf([text], 'query')
      expect(dot(alone!, batch[i]!)).toBeGreaterThan(0.999)
    }
  })

  test('Hangul in its decomposed form, as some systems write it, is the same text', async () => {
    const [composed, decomposed] = await rowsOf(['무선 헤드폰', '무선 헤드폰'.normalize('NFD')])
    expect(dot(composed!, decomposed!)).toBeGreaterThan(0.999)
  })

  test('reads as many tokens as there are positions for, and says what it cut', async () => {
    expect(findModel({ model: TINY_E5 }, root)).toMatchObject({ maxTokens: TINY_TOKENS })
    // Beside the words there are the prefix's two and one at each end.
    const words = (count: number): string => Array(count).fill('헤드폰').join(' ')
    const { truncated } = await embedder.embed([words(TINY_TOKENS - 4), words(TINY_TOKENS - 3), 'tea'])
    expect(truncated).toEqual([1])
  })
})
