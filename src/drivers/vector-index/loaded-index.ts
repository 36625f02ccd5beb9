import type { VectorFilter, VectorHit, VectorQuery } from '../../ports/vector-index.ts'
import { DenseVectors, normaliseInto } from './dense-vectors.ts'
import { exactSearch, searchRows } from './exact-search.ts'
import type { GraphCache } from './graph-cache.ts'
import { HnswGraph } from './hnsw-graph.ts'
import { isOpen, RowFilter } from './row-filter.ts'
import type { TopRows } from './top-rows.ts'
import type { IndexState, VectorStore } from './vector-store.ts'

/** Candidates of a graph search unless the query says otherwise: at least this many, and so many times k. */
const CANDIDATES = 40
const CANDIDATES_PER_HIT = 4
/** How many times as many candidates a second walk takes, when a filter left too few of the first. */
const WIDER = 8
/** Categories up to this share of all rows are compared whole. */
const SMALL_CATEGORY_SHARE = 0.1
/** Graphs of fewer rows are built faster than they are worth saving. */
const SAVE_FROM_ROWS = 5000

/** One index as one thread searches it: a copy in memory that follows the store when told to. */
export class LoadedIndex {
  readonly #name: string
  readonly #store: VectorStore
  readonly #cache: GraphCache
  readonly #query: Float32Array<ArrayBuffer>
  #vectors: DenseVectors
  #graph: HnswGraph | null = null
  #state: IndexState

  constructor(name: string, store: VectorStore, cache: GraphCache) {
    this.#name = name
    this.#store = store
    this.#cache = cache
    this.#state = store.state()
    this.#query = new Float32Array(this.#state.dims)
    this.#vectors = this.#loadVectors()
    if (this.#state.kind === 'hnsw') this.#graph = this.#loadGraph()
  }

  /** Takes over what was stored since. */
  catchUp(): void {
    const before = this.#state
    const state = this.#store.state()
    if (state.sequence === before.sequence && state.incarnation === before.incarnation) return
    this.#state = state
    if (
      state.incarnation !== before.incarnation ||
      !this.#store.changes.reaches(before.sequence, state.sequence)
    ) {
      this.#vectors = this.#loadVectors()
      if (this.#graph !== null) this.#graph = this.#loadGraph()
      return
    }
    const changed = this.#changedRows(before.sequence)
    for (const row of changed.attributes) {
      this.#vectors.putAttributes(row, this.#store.row(row, state.dims).attributes)
    }
    for (const row of changed.vectors) this.#vectors.put(row, this.#store.row(row, state.dims))
    if (this.#graph !== null) this.#graph = this.#followed(this.#graph, changed.vectors)
  }

  search(query: VectorQuery): VectorHit[] {
    normaliseInto(query.vector, this.#query, 0)
    return this.#hits(this.#graph === null ? this.#exact(query) : this.#approximate(this.#graph, query))
  }

  searchExact(query: VectorQuery): VectorHit[] {
    normaliseInto(query.vector, this.#query, 0)
    return this.#hits(this.#exact(query))
  }

  #exact(query: VectorQuery): TopRows {
    return exactSearch(this.#vectors, this.#query, query.k, query.filter)
  }

  /** Walks the graph and filters what it finds; where too little is left, compares with all that match. */
  #approximate(graph: HnswGraph, query: VectorQuery): TopRows {
    const { k, filter } = query
    const wanted = Math.max(k * CANDIDATES_PER_HIT, query.candidates ?? CANDIDATES)
    if (filter === undefined || isOpen(filter)) {
      return searchRows(this.#vectors, this.#query, k, this.#walk(graph, wanted))
    }
    if (this.#isOfSmallCategory(filter)) return this.#exact(query)
    const rowFilter = new RowFilter(this.#vectors, filter)
    const excluded = filter.excludeIds?.size ?? 0
    for (const times of [1, WIDER]) {
      const matching = this.#walk(graph, wanted * times + excluded).filter((row) => rowFilter.matches(row))
      if (matching.length >= k) return searchRows(this.#vectors, this.#query, k, matching)
      // So few that the wider walk would not find enough either.
      if (matching.length * WIDER < k) break
    }
    return this.#exact(query)
  }

  #isOfSmallCategory(filter: VectorFilter): boolean {
    if (filter.category === undefined) return false
    return this.#vectors.categoryRows(filter.category).length <= this.#vectors.count * SMALL_CATEGORY_SHARE
  }

  #walk(graph: HnswGraph, wanted: number): Float64Array {
    const count = Math.min(wanted, graph.size)
    return count === 0 ? new Float64Array(0) : graph.candidates(this.#query, count)
  }

  #hits(top: TopRows): VectorHit[] {
    const hits = new Array<VectorHit>(top.rows.length)
    for (let i = 0; i < hits.length; i++) {
      const row = top.rows[i]!
      hits[i] = {
        id: this.#vectors.ids[row]!,
        score: top.scores[i]!,
        attributes: this.#vectors.attributes[row]!,
      }
    }
    return hits
  }

  #loadVectors(): DenseVectors {
    const { dims, rows } = this.#state
    const vectors = new DenseVectors(dims, Math.ceil(rows * 1.25) + 256)
    this.#store.scan(dims, (row, stored) => vectors.put(row, stored))
    return vectors
  }

  #loadGraph(): HnswGraph {
    const graph = new HnswGraph(this.#state.dims)
    const sequence = this.#cache.load(this.#name, this.#state, graph)
    if (sequence !== null && this.#store.changes.reaches(sequence, this.#state.sequence)) {
      return this.#followed(graph, this.#changedRows(sequence).vectors)
    }
    return this.#buildGraph()
  }

  #buildGraph(): HnswGraph {
    const graph = new HnswGraph(this.#state.dims)
    graph.addRange(this.#vectors, 0, this.#vectors.count)
    if (graph.size >= SAVE_FROM_ROWS) this.#cache.save(this.#name, this.#state, graph)
    return graph
  }

  /** The graph with these rows, in ascending order, taken over. Where most are new, building anew costs less and searches better. */
  #followed(graph: HnswGraph, rows: readonly number[]): HnswGraph {
    if (rows.length * 2 > this.#vectors.count) return this.#buildGraph()
    const known = graph.size
    for (const row of rows) if (row < known) graph.replace(this.#vectors, row)
    graph.addRange(this.#vectors, known, this.#vectors.count)
    return graph
  }

  /** Rows changed after a change number, ascending: those with new vectors, and those with new attributes alone. */
  #changedRows(after: number): { vectors: number[]; attributes: number[] } {
    const vectors = new Set<number>()
    const attributes = new Set<number>()
    for (let sequence = after + 1; sequence <= this.#state.sequence; sequence++) {
      const change = this.#store.changes.read(sequence)
      for (const row of change.rows) (change.vectors ? vectors : attributes).add(row)
    }
    const ascending = (rows: Iterable<number>): number[] => [...rows].sort((a, b) => a - b)
    return { vectors: ascending(vectors), attributes: ascending(attributes.difference(vectors)) }
  }
}
