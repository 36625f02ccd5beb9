/**
 * Recall@10 and cost of a search over 20,000 vectors of 384 dimensions: the graph beside comparing with all,
 * in one run, so that the ratio holds on any machine. Run: node test/bench/vector-index.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbEnvironment } from '../../src/drivers/lmdb-environment.ts'
import { LmdbWriter } from '../../src/drivers/lmdb-writer.ts'
import { LmdbUsearchVectorIndex } from '../../src/drivers/vector-index/lmdb-usearch.ts'
import type { VectorFilter, VectorHit, VectorIndex } from '../../src/ports/vector-index.ts'
import { clusteredVectors } from '../fixtures/clustered-vectors.ts'

const COUNT = 20_000
const DIMS = 384
const QUERIES = 500
const K = 10
const INDEX = 'product'

interface Cost {
  readonly cpuUs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly hits: readonly (readonly VectorHit[])[]
}

/** Fills an index, searches it both ways and prints one line for each. */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'rep-bench-'))
  const environment = openLmdbEnvironment(directory)
  const open = (): VectorIndex =>
    new LmdbUsearchVectorIndex(environment, new LmdbWriter(environment.index), join(directory, 'graphs'))
  try {
    const vectors = open()
    await fill(vectors)
    await timed('first load, graph built', () => vectors.refresh(INDEX))
    await timed('second load, graph from its file', () => open().refresh(INDEX))
    const queries = clusteredVectors({ count: QUERIES, dims: DIMS, clusters: 200, seed: 3 })
    for (const [name, filter] of FILTERS) await compare({ vectors, queries, name, filter })
  } finally {
    await environment.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const FILTERS: readonly (readonly [string, VectorFilter])[] = [
  ['no filter', {}],
  ['in stock (90 %)', { inStock: true }],
  ['one of 50 categories', { category: 'c7' }],
  ['price range (20 %)', { minPrice: 400, maxPrice: 600 }],
]

async function fill(vectors: VectorIndex): Promise<void> {
  await vectors.ensureIndexes([{ index: INDEX, dims: DIMS, kind: 'hnsw' }])
  const items = clusteredVectors({ count: COUNT, dims: DIMS, clusters: 200, seed: 2 }).map((vector, i) => ({
    id: `p${i}`,
    vector,
    // Categories follow the clusters; price and stock do not.
    attributes: {
      category: `c${i % 50}`,
      price: (Math.floor(i / 200) * 37) % 1000,
      stock: Math.floor(i / 200) % 10,
    },
  }))
  await timed('stored', async () => {
    for (let i = 0; i < COUNT; i += 500) await vectors.upsertMany(INDEX, items.slice(i, i + 500))
  })
}

async function compare(options: {
  vectors: VectorIndex
  queries: readonly Float32Array[]
  name: string
  filter: VectorFilter
}): Promise<void> {
  const { vectors, queries, name, filter } = options
  const graph = await measure(queries, (vector) => vectors.search(INDEX, { vector, k: K, filter }))
  const exact = await measure(queries, (vector) => vectors.searchExact(INDEX, { vector, k: K, filter }))
  const recall = mean(graph.hits.map((hits, i) => shared(hits, exact.hits[i]!)))
  console.log(
    `${name}: recall@${K} ${recall.toFixed(4)}; CPU a search ${graph.cpuUs.toFixed(0)} µs, exact ${exact.cpuUs.toFixed(0)} µs ` +
      `(1 : ${(exact.cpuUs / graph.cpuUs).toFixed(1)}); p50 ${graph.p50Us.toFixed(0)} / ${exact.p50Us.toFixed(0)} µs, ` +
      `p99 ${graph.p99Us.toFixed(0)} / ${exact.p99Us.toFixed(0)} µs`,
  )
}

async function measure(
  queries: readonly Float32Array[],
  search: (vector: Float32Array) => Promise<readonly VectorHit[]>,
): Promise<Cost> {
  for (const vector of queries.slice(0, 50)) await search(vector)
  const hits: (readonly VectorHit[])[] = []
  const tookUs: number[] = []
  const before = process.cpuUsage()
  for (const vector of queries) {
    const start = performance.now()
    hits.push(await search(vector))
    tookUs.push((performance.now() - start) * 1000)
  }
  const { user, system } = process.cpuUsage(before)
  tookUs.sort((a, b) => a - b)
  const at = (share: number): number => tookUs[Math.floor(share * (tookUs.length - 1))]!
  return { cpuUs: (user + system) / queries.length, p50Us: at(0.5), p99Us: at(0.99), hits }
}

async function timed(what: string, action: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage()
  await action()
  const { user, system } = process.cpuUsage(before)
  console.log(`${what}: ${((user + system) / 1e6).toFixed(2)} CPU s`)
}

function shared(hits: readonly VectorHit[], expected: readonly VectorHit[]): number {
  const ids = new Set(hits.map(({ id }) => id))
  return expected.filter(({ id }) => ids.has(id)).length / expected.length
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

await main()
