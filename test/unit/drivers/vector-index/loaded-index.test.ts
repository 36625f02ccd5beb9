import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LmdbUsearchVectorIndex } from '../../../../src/drivers/vector-index/lmdb-usearch.ts'
import type { VectorIndexKind, VectorItem } from '../../../../src/ports/vector-index.ts'
import { clusteredVectors } from '../../../fixtures/clustered-vectors.ts'
import { openTemporaryState, type TemporaryState } from '../../../fixtures/temporary-state.ts'

const DIMS = 8
const COUNT = 6000
/** A vector among the others, but equal to none of them. */
const [MARK] = clusteredVectors({ count: 1, dims: DIMS, clusters: 10, seed: 6 }) as [Float32Array]

let state: TemporaryState
beforeEach(async () => {
  state = await openTemporaryState()
})
afterEach(() => state.close())

test('a graph is saved once built, and another instance that loads it follows later changes', async () => {
  const first = await filled('hnsw')
  await first.refresh('i')
  expect(graphs()).toHaveLength(1)
  await first.upsertMany('i', [marked('p17'), marked('new')])
  const second = open()
  expect(await nearestMarked(second)).toEqual(['new', 'p17'])
  expect(graphs()).toHaveLength(1)
})

test('a spoilt graph file costs time only', async () => {
  const first = await filled('hnsw')
  await first.refresh('i')
  const [name] = graphs()
  const path = join(state.directory, 'graphs', name!)
  const size = statSync(path).size
  await first.upsertMany('i', [marked('p17'), marked('new')])
  for (const spoilt of [Buffer.from('cut short'), Buffer.alloc(size), Buffer.alloc(size, 0xff)]) {
    writeFileSync(path, spoilt)
    expect(await nearestMarked(open())).toEqual(['new', 'p17'])
  }
})

test('an instance that only writes builds nothing', async () => {
  await filled('hnsw')
  expect(graphs()).toEqual([])
})

test('an instance further behind than changes are kept loads everything anew', async () => {
  const writer = await filled('flat')
  const reader = open()
  await reader.refresh('i')
  await writer.upsertMany('i', [marked('p5')])
  for (let i = 0; i < 4200; i++) await writer.updateAttributes('i', [{ id: 'p1', attributes: { price: i } }])
  await writer.upsertMany('i', [marked('last')])
  await reader.refresh('i')
  expect(await nearestMarked(reader)).toEqual(['last', 'p5'])
})

async function filled(kind: VectorIndexKind): Promise<LmdbUsearchVectorIndex> {
  const index = open()
  await index.ensureIndexes([{ index: 'i', dims: DIMS, kind }])
  const items = clusteredVectors({ count: COUNT, dims: DIMS, clusters: 10, seed: 5 }).map((vector, i) => ({
    id: `p${i}`,
    vector,
    attributes: {},
  }))
  await index.upsertMany('i', items)
  return index
}

function open(): LmdbUsearchVectorIndex {
  return new LmdbUsearchVectorIndex(state.environment, state.indexWriter, join(state.directory, 'graphs'))
}

function marked(id: string): VectorItem {
  return { id, vector: MARK, attributes: {} }
}

async function nearestMarked(index: LmdbUsearchVectorIndex): Promise<string[]> {
  const hits = await index.search('i', { vector: MARK, k: 2 })
  return hits.map(({ id }) => id).sort()
}

function graphs(): string[] {
  return readdirSync(join(state.directory, 'graphs'))
}
