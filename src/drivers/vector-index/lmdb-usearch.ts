import { RepError } from '../../errors/rep-error.ts'
import type {
  VectorHit,
  VectorIndex,
  VectorIndexSpec,
  VectorItem,
  VectorQuery,
} from '../../ports/vector-index.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import type { LmdbWriter } from '../lmdb-writer.ts'
import { GraphCache } from './graph-cache.ts'
import { LoadedIndex } from './loaded-index.ts'
import { ensureVectorIndex, VectorStore } from './vector-store.ts'

/**
 * Vector index on usearch: LMDB holds the vectors, each instance searches its own copy in memory, which is
 * loaded by the first search or refresh and follows the store at each refresh.
 */
export class LmdbUsearchVectorIndex implements VectorIndex {
  readonly capabilities = { driver: 'usearch', approximate: true }
  readonly #environment: LmdbEnvironment
  readonly #writer: LmdbWriter
  readonly #cache: GraphCache
  readonly #stores = new Map<string, { readonly store: VectorStore; readonly dims: number }>()
  readonly #loaded = new Map<string, LoadedIndex>()

  /** Built graphs are kept in `graphDirectory`. */
  constructor(environment: LmdbEnvironment, writer: LmdbWriter, graphDirectory: string) {
    this.#environment = environment
    this.#writer = writer
    this.#cache = new GraphCache(graphDirectory)
  }

  async ensureIndexes(specs: readonly VectorIndexSpec[]): Promise<void> {
    await this.#writer.write(() => {
      for (const spec of specs) ensureVectorIndex(this.#environment, spec)
    })
  }

  async upsertMany(index: string, items: readonly VectorItem[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { store, dims } = this.#open(index)
    for (const item of items) checkVector(index, dims, item.vector, `vector ${item.id}`)
    if (items.length > 0) await this.#writer.write(() => store.upsert(items))
  }

  async updateAttributes(index: string, items: readonly Omit<VectorItem, 'vector'>[]): Promise<void> {
    const { store } = this.#open(index)
    if (items.length > 0) await this.#writer.write(() => store.updateAttributes(items))
  }

  async getMany(index: string, ids: readonly string[]): Promise<readonly (VectorItem | null)[]> {
    const { store, dims } = this.#open(index)
    this.#environment.index.refreshReads()
    return ids.map((id) => store.get(id, dims))
  }

  async search(index: string, query: VectorQuery): Promise<readonly VectorHit[]> {
    const loaded = this.#loaded.get(index) ?? (await this.#load(index))
    this.#check(index, query)
    return loaded.search(query)
  }

  async searchExact(index: string, query: VectorQuery): Promise<readonly VectorHit[]> {
    const loaded = this.#loaded.get(index) ?? (await this.#load(index))
    this.#check(index, query)
    return loaded.searchExact(query)
  }

  async refresh(index: string): Promise<void> {
    const loaded = this.#loaded.get(index) ?? (await this.#load(index))
    await this.#readable(() => loaded.catchUp())
  }

  async count(index: string): Promise<number> {
    const { store } = this.#open(index)
    this.#environment.index.refreshReads()
    return store.state().rows
  }

  /** Lets go of what is in memory. The environment belongs to the stack, which closes it. */
  async close(): Promise<void> {
    this.#loaded.clear()
  }

  #check(index: string, query: VectorQuery): void {
    checkVector(index, this.#open(index).dims, query.vector, 'the query')
    if (!Number.isInteger(query.k) || query.k < 1) {
      throw new RepError(
        'REP_USAGE',
        `A search of vector index ${index} asks for ${query.k} hits; ask for 1 or more.`,
      )
    }
  }

  #load(index: string): LoadedIndex | Promise<LoadedIndex> {
    return this.#readable(() => {
      const present = this.#loaded.get(index)
      if (present !== undefined) return present
      const loaded = new LoadedIndex(index, this.#open(index).store, this.#cache)
      this.#loaded.set(index, loaded)
      return loaded
    })
  }

  /** What is copied into memory must be what others can read: the latest, and no half-done settlement of this thread. */
  #readable<T>(action: () => T): T | Promise<T> {
    return this.#writer.settled(() => {
      this.#environment.index.refreshReads()
      return action()
    })
  }

  #open(index: string): { readonly store: VectorStore; readonly dims: number } {
    const opened = this.#stores.get(index)
    if (opened !== undefined) return opened
    this.#environment.index.refreshReads()
    const store = new VectorStore(this.#environment, index)
    const entry = { store, dims: store.state().dims }
    this.#stores.set(index, entry)
    return entry
  }
}

function checkVector(index: string, dims: number, vector: Float32Array, what: string): void {
  if (vector.length !== dims) {
    throw new RepError(
      'REP_VECTOR_DIMS',
      `Vector index ${index} holds vectors of ${dims} dimensions; ${what} has ${vector.length}.`,
    )
  }
  let sum = 0
  for (let i = 0; i < dims; i++) sum += vector[i]! * vector[i]!
  if (!Number.isFinite(sum)) {
    throw new RepError(
      'REP_INTERNAL',
      `In ${what} for vector index ${index} there is a value that is no finite number.`,
    )
  }
}
