import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VectorHit, VectorIndex, VectorIndexKind, VectorItem } from '../../src/ports/vector-index.ts'
import { clusteredVectors } from '../fixtures/clustered-vectors.ts'

/** An index service without indexes, and how to be rid of it. */
export interface OpenedVectorIndex {
  readonly vectors: VectorIndex
  /** Another instance over the same indexes, as another thread would open it. */
  another(): Promise<VectorIndex>
  close(): Promise<void>
}

const DIMS = 32
const INDEX = 'product'

/** What every vector-index driver must do. */
export function describeVectorIndex(name: string, open: () => Promise<OpenedVectorIndex>): void {
  describe.each<VectorIndexKind>(['hnsw', 'flat'])(`vector-index: ${name}, %s`, (kind) => {
    let opened: OpenedVectorIndex
    let vectors: VectorIndex
    beforeEach(async () => {
      opened = await open()
      vectors = opened.vectors
      await vectors.ensureIndexes([{ index: INDEX, dims: DIMS, kind }])
    })
    afterEach(() => opened.close())

    test('an empty index finds nothing', async () => {
      await vectors.refresh(INDEX)
      expect(await vectors.search(INDEX, { vector: axis(0), k: 5 })).toEqual([])
      expect(await vectors.searchExact(INDEX, { vector: axis(0), k: 5 })).toEqual([])
      expect(await vectors.count(INDEX)).toBe(0)
    })

    test('scores are cosines, best first, whatever the lengths of the vectors', async () => {
      await put([item('x', scaled(axis(0), 5)), item('y', axis(1)), item('minus', scaled(axis(0), -2))])
      const hits = await vectors.search(INDEX, { vector: scaled(add(axis(0), axis(1)), 0.1), k: 3 })
      expect(ids(hits).slice(0, 2).sort()).toEqual(['x', 'y'])
      expect(hits[0]!.score).toBeCloseTo(Math.SQRT1_2, 5)
      expect(hits[2]).toMatchObject({ id: 'minus' })
      expect(hits[2]!.score).toBeCloseTo(-Math.SQRT1_2, 5)
    })

    test('returns items by position as they were put', async () => {
      const vector = Float32Array.from({ length: DIMS }, (_, i) => i - 3.25)
      await put([item('a', vector, { category: 'tea', price: 3.5, stock: 0, brand: 'é' })])
      const [missing, found] = await vectors.getMany(INDEX, ['missing', 'a'])
      expect(missing).toBeNull()
      expect(found).toEqual({
        id: 'a',
        vector,
        attributes: { category: 'tea', price: 3.5, stock: 0, brand: 'é' },
      })
    })

    test('a vector put again replaces the first, also in searches', async () => {
      await put([item('a', axis(0)), item('b', axis(1))])
      await put([item('a', axis(2), { category: 'new' })])
      expect(await vectors.count(INDEX)).toBe(2)
      const [hit] = await vectors.search(INDEX, { vector: axis(2), k: 1 })
      expect(hit).toMatchObject({ id: 'a', attributes: { category: 'new' } })
      expect((await vectors.search(INDEX, { vector: axis(0), k: 2 }))[0]!.score).toBeLessThan(0.01)
    })

    test('attributes change alone; unknown ids are ignored', async () => {
      await put([item('a', axis(0), { price: 10, stock: 1 })])
      await vectors.updateAttributes(INDEX, [
        { id: 'a', attributes: { price: 8, stock: 0 } },
        { id: 'nobody', attributes: {} },
      ])
      await vectors.refresh(INDEX)
      const [hit] = await vectors.search(INDEX, { vector: axis(0), k: 5 })
      expect(hit).toMatchObject({ id: 'a', attributes: { price: 8, stock: 0 } })
      expect(await vectors.search(INDEX, { vector: axis(0), k: 5, filter: { inStock: true } })).toEqual([])
      expect((await vectors.getMany(INDEX, ['a']))[0]?.vector).toEqual(axis(0))
      expect(await vectors.count(INDEX)).toBe(1)
    })

    test('filtered searches give what comparing with all that match gives', async () => {
      const items = catalogue(3000)
      await put(items)
      const filters = [
        { category: 'c1' },
        { category: 'unknown' },
        { minPrice: 990 },
        { minPrice: 100, maxPrice: 900, inStock: true },
        { category: 'c2', inStock: false },
        { inStock: true, excludeIds: new Set(items.slice(0, 400).map(({ id }) => id)) },
        { excludeIds: new Set(items.slice(5).map(({ id }) => id)) },
      ]
      for (const filter of filters) {
        for (const { vector } of items.slice(0, 10)) {
          const expected = reference(items, vector, 10, (candidate) => matches(candidate, filter))
          const exact = await vectors.searchExact(INDEX, { vector, k: 10, filter })
          expect(ids(exact)).toEqual(ids(expected))
          const hits = await vectors.search(INDEX, { vector, k: 10, filter })
          expect(hits).toHaveLength(expected.length)
          expect(recall(hits, expected)).toBeGreaterThanOrEqual(0.9)
        }
      }
    })

    test('recall@10 against comparing with all is at least 0.95, also after a fifth has changed', async () => {
      const items = catalogue(3000)
      await put(items)
      const moved = catalogue(3000)
        .slice(0, 600)
        .map((other, i) => ({ ...other, id: items[i * 5]!.id }))
      for (const changes of [[], moved]) {
        await put(changes)
        for (const change of changes) items[Number(change.id.slice(1))] = change
        let sum = 0
        const queries = clusteredVectors({ count: 50, dims: DIMS, clusters: 20, seed: 9 })
        for (const vector of queries) {
          const exact = await vectors.searchExact(INDEX, { vector, k: 10 })
          expect(ids(exact)).toEqual(ids(reference(items, vector, 10, () => true)))
          sum += recall(await vectors.search(INDEX, { vector, k: 10 }), exact)
        }
        expect(sum / queries.length).toBeGreaterThanOrEqual(0.95)
      }
    })

    test('another instance sees upserts and changed attributes after its refresh', async () => {
      const other = await opened.another()
      await put([item('a', axis(0))])
      await other.refresh(INDEX)
      expect(ids(await other.search(INDEX, { vector: axis(0), k: 5 }))).toEqual(['a'])
      await put([item('b', axis(1)), item('a', axis(2), { price: 2 })])
      await vectors.updateAttributes(INDEX, [{ id: 'b', attributes: { price: 1 } }])
      await other.refresh(INDEX)
      const hits = await other.search(INDEX, { vector: axis(1), k: 5 })
      expect(hits[0]).toMatchObject({ id: 'b', attributes: { price: 1 } })
      expect(hits[1]).toMatchObject({ id: 'a', attributes: { price: 2 } })
      expect(await other.count(INDEX)).toBe(2)
    })

    test('a zero vector is stored and is like nothing', async () => {
      await put([item('zero', new Float32Array(DIMS)), item('a', axis(0))])
      const hits = await vectors.search(INDEX, { vector: axis(0), k: 2 })
      expect(ids(hits)[0]).toBe('a')
      for (const hit of hits) expect(Number.isFinite(hit.score)).toBe(true)
      for (const hit of await vectors.search(INDEX, { vector: new Float32Array(DIMS), k: 2 }))
        expect(hit.score).toBe(0)
    })

    test('other dimensions are refused with both numbers, and nothing of the batch is stored', async () => {
      const code = 'REP_VECTOR_DIMS'
      const both = expect.stringMatching(/32.*31|31.*32/s)
      const short = new Float32Array(31).fill(1)
      const expected = { code, message: both }
      await expect(vectors.ensureIndexes([{ index: INDEX, dims: 31, kind }])).rejects.toMatchObject(expected)
      await expect(vectors.upsertMany(INDEX, [item('a', axis(0)), item('b', short)])).rejects.toMatchObject(
        expected,
      )
      await expect(vectors.search(INDEX, { vector: short, k: 1 })).rejects.toMatchObject(expected)
      expect(await vectors.count(INDEX)).toBe(0)
      await expect(vectors.search('nowhere', { vector: axis(0), k: 1 })).rejects.toMatchObject({
        code: 'REP_NOT_FOUND',
      })
    })

    async function put(items: readonly VectorItem[]): Promise<void> {
      for (let i = 0; i < items.length; i += 500) await vectors.upsertMany(INDEX, items.slice(i, i + 500))
      await vectors.refresh(INDEX)
    }
  })
}

let catalogues = 0

/** Products p0, p1, ... around a few centres; each call gives other vectors around the same centres. */
function catalogue(count: number): VectorItem[] {
  return clusteredVectors({ count, dims: DIMS, clusters: 20, seed: 100 + catalogues++ }).map((vector, i) =>
    item(`p${i}`, vector, { category: `c${i % 10}`, price: (i * 7) % 1000, stock: i % 3 }),
  )
}

function item(id: string, vector: Float32Array, attributes: VectorItem['attributes'] = {}): VectorItem {
  return { id, vector, attributes }
}

function matches(
  { id, attributes }: VectorItem,
  filter: NonNullable<Parameters<VectorIndex['search']>[1]['filter']>,
) {
  const { category, price = Number.NaN, stock = 0 } = attributes
  return (
    (filter.category === undefined || category === filter.category) &&
    (filter.minPrice === undefined || price >= filter.minPrice) &&
    (filter.maxPrice === undefined || price <= filter.maxPrice) &&
    (filter.inStock === undefined || stock > 0 === filter.inStock) &&
    !filter.excludeIds?.has(id)
  )
}

/** The same question answered in plain arithmetic. */
function reference(
  items: readonly VectorItem[],
  query: Float32Array,
  k: number,
  keeps: (item: VectorItem) => boolean,
): VectorHit[] {
  return items
    .filter(keeps)
    .map(({ id, vector, attributes }) => ({ id, score: cosine(vector, query), attributes }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

function recall(hits: readonly VectorHit[], expected: readonly VectorHit[]): number {
  if (expected.length === 0) return 1
  const found = new Set(ids(hits))
  return expected.filter(({ id }) => found.has(id)).length / expected.length
}

function ids(hits: readonly { readonly id: string }[]): string[] {
  return hits.map(({ id }) => id)
}

function axis(i: number): Float32Array {
  const vector = new Float32Array(DIMS)
  vector[i] = 1
  return vector
}

function scaled(vector: Float32Array, by: number): Float32Array {
  return vector.map((value) => value * by)
}

function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!)
}
