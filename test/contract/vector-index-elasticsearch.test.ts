import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ElasticsearchVectorIndex } from '../../src/drivers/vector-index/elasticsearch.ts'
import { clusteredVectors } from '../fixtures/clustered-vectors.ts'
import { openTemporaryIndexes, type TemporaryIndexes } from '../fixtures/elasticsearch.ts'
import { describeService } from '../fixtures/native-service.ts'
import { describeVectorIndex } from './vector-index-contract.ts'

describeService('REP_TEST_ELASTICSEARCH', (node) => {
  describeVectorIndex('elasticsearch', async () => {
    const { client, close } = openTemporaryIndexes(node)
    const open = () => new ElasticsearchVectorIndex(client)
    return { vectors: open(), another: async () => open(), close }
  })

  describe('vector-index: elasticsearch, its kinds', () => {
    let indexes: TemporaryIndexes
    beforeEach(() => {
      indexes = openTemporaryIndexes(node)
    })
    afterEach(() => indexes.close())

    test.each(['hnsw', 'int8_hnsw', 'bbq_hnsw'] as const)(
      '%s finds what comparing with all finds',
      async (graph) => {
        const vectors = new ElasticsearchVectorIndex(indexes.client, { graph })
        const dims = 256
        await vectors.ensureIndexes([{ index: 'i', dims, kind: 'hnsw' }])
        const stored = await fill(vectors, { count: 1500, dims })
        let found = 0
        for (const vector of clusteredVectors({ count: 10, dims, clusters: 20, seed: 9 })) {
          const expected = nearest(stored, vector, 10)
          const exact = await vectors.searchExact('i', { vector, k: 10 })
          expect(exact.map(({ id }) => id)).toEqual(expected)
          const hits = await vectors.search('i', { vector, k: 10 })
          found += hits.filter(({ id }) => expected.includes(id)).length
        }
        expect(found / 100).toBeGreaterThanOrEqual(0.9)
      },
    )

    test('exact search compares with every vector, also beyond the 10,000 of one search', async () => {
      const vectors = new ElasticsearchVectorIndex(indexes.client, { graph: 'hnsw' })
      const dims = 8
      await vectors.ensureIndexes([{ index: 'i', dims, kind: 'hnsw' }])
      const stored = await fill(vectors, { count: 12_000, dims })
      for (const vector of clusteredVectors({ count: 5, dims, clusters: 20, seed: 9 })) {
        const exact = await vectors.searchExact('i', { vector, k: 10 })
        expect(exact.map(({ id }) => id)).toEqual(nearest(stored, vector, 10))
      }
    })

    test('a flat index can become a graph; what cannot be changed is named', async () => {
      const vectors = new ElasticsearchVectorIndex(indexes.client)
      await vectors.ensureIndexes([{ index: 'i', dims: 8, kind: 'flat' }])
      await vectors.ensureIndexes([{ index: 'i', dims: 8, kind: 'hnsw' }])
      await expect(vectors.ensureIndexes([{ index: 'i', dims: 8, kind: 'flat' }])).rejects.toMatchObject({
        code: 'REP_ENVIRONMENT',
        message: expect.stringContaining('flat'),
      })
    })

    test('an index that rep did not make is left alone', async () => {
      const { client, prefix } = indexes
      await client.request({ method: 'PUT', path: `/${prefix}foreign` })
      const vectors = new ElasticsearchVectorIndex(client)
      const refused = { code: 'REP_ENVIRONMENT', message: expect.stringContaining('not made by rep') }
      await expect(
        vectors.ensureIndexes([{ index: 'foreign', dims: 8, kind: 'flat' }]),
      ).rejects.toMatchObject(refused)
      const item = { id: 'a', vector: new Float32Array(8).fill(1), attributes: {} }
      await expect(vectors.upsertMany('foreign', [item])).rejects.toMatchObject(refused)
    })

    test('an index that is dropped under way does not come back by itself', async () => {
      const vectors = new ElasticsearchVectorIndex(indexes.client)
      await vectors.ensureIndexes([{ index: 'i', dims: 8, kind: 'flat' }])
      await indexes.client.request({ method: 'DELETE', path: `/${indexes.prefix}i-000001` })
      const item = { id: 'a', vector: new Float32Array(8).fill(1), attributes: {} }
      await expect(vectors.upsertMany('i', [item])).rejects.toThrow(/i\b.*(no such index|require_alias)/s)
    })
  })
})

async function fill(
  vectors: ElasticsearchVectorIndex,
  { count, dims }: { readonly count: number; readonly dims: number },
): Promise<Float32Array[]> {
  const stored = clusteredVectors({ count, dims, clusters: 20, seed: 5 })
  for (let start = 0; start < count; start += 2000) {
    const batch = stored.slice(start, start + 2000)
    await vectors.upsertMany(
      'i',
      batch.map((vector, i) => ({ id: String(start + i), vector, attributes: {} })),
    )
  }
  await vectors.refresh('i')
  return stored
}

/** Ids of the nearest by cosine, in plain arithmetic. */
function nearest(stored: readonly Float32Array[], query: Float32Array, k: number): string[] {
  const cosine = (vector: Float32Array): number => {
    let dot = 0
    let squared = 0
    for (let i = 0; i < vector.length; i++) {
      dot += vector[i]! * query[i]!
      squared += vector[i]! * vector[i]!
    }
    return dot / Math.sqrt(squared)
  }
  return stored
    .map((vector, i) => ({ id: String(i), score: cosine(vector) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, k)
    .map(({ id }) => id)
}
