import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Embedder } from '../../src/ports/embedder.ts'

/** What every embedder must do. */
export function describeEmbedder(name: string, open: () => Promise<Embedder>): void {
  describe(`embedder: ${name}`, () => {
    let embedder: Embedder
    beforeAll(async () => {
      embedder = await open()
    })
    afterAll(() => embedder.close())

    test('gives one row of length 1 a text, in order, whatever the batch', async () => {
      const { dims } = embedder.capabilities
      const texts = ['red leather shoes', '', 'Café au lait, 250 ml', '🎧', '   ,;!', 'x'.repeat(5000)]
      const { rows } = await embedder.embed(texts)
      expect(rows.length).toBe(texts.length * dims)
      for (let i = 0; i < texts.length; i++) {
        const row = rows.subarray(i * dims, (i + 1) * dims)
        expect(Math.hypot(...row)).toBeCloseTo(1, 4)
        const { rows: alone } = await embedder.embed([texts[i]!])
        expect(similarity(alone, row)).toBeCloseTo(1, 4)
      }
      expect((await embedder.embed([])).rows).toHaveLength(0)
    })

    test('texts that share most words are nearer than texts that share none', async () => {
      const [shoes, boots, kettle] = await rowsOf([
        'red leather running shoes for women',
        'red leather running boots for women',
        'electric kettle with temperature control',
      ])
      expect(similarity(shoes!, boots!)).toBeGreaterThan(similarity(shoes!, kettle!) + 0.2)
    })

    test('stops when it was told to', async () => {
      await expect(embedder.embed(['a'], { signal: AbortSignal.abort() })).rejects.toThrow()
    })

    async function rowsOf(texts: string[]): Promise<Float32Array[]> {
      const { dims } = embedder.capabilities
      const { rows } = await embedder.embed(texts)
      return texts.map((_, i) => rows.subarray(i * dims, (i + 1) * dims))
    }
  })
}

function similarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
