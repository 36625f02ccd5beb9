import { createHash } from 'node:crypto'
import { RepError } from '../../errors/rep-error.ts'
import type { Embedder, Embedding, EmbedOptions } from '../../ports/embedder.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import { VectorCache } from './vector-cache.ts'

/** Where each text's vector came from, so far. texts = l1Hits + l2Hits + misses, failed calls apart. */
export interface CacheStats {
  readonly texts: number
  readonly l1Hits: number
  readonly l2Hits: number
  readonly misses: number
  /** Calls of the shared cache that failed; the texts were computed instead. */
  readonly l2Failures: number
}

export interface CacheOptions {
  /** Vectors kept in this process; default 64 MiB. */
  readonly l1Bytes?: number
  /** Shared with other processes, for `l2TtlMs`; null for none. */
  readonly keyValue: KeyValue | null
  /** Default: an hour. */
  readonly l2TtlMs?: number
}

interface Missing {
  readonly text: string
  readonly key: string
  readonly positions: number[]
}

/** Keeps the vectors that another embedder made: in this process, and in the key-value store for others. */
export class CachedEmbedder implements Embedder {
  readonly capabilities: Embedder['capabilities']
  readonly #inner: Embedder
  readonly #keyValue: KeyValue | null
  readonly #ttlMs: number
  readonly #l1: VectorCache
  #l2Turn = Promise.resolve()
  readonly #counts = { texts: 0, l1Hits: 0, l2Hits: 0, misses: 0, l2Failures: 0 }

  /** The inner embedder is this one's from here on; the key-value store stays the caller's. */
  constructor(inner: Embedder, { l1Bytes = 64 * 1024 * 1024, keyValue, l2TtlMs = 3_600_000 }: CacheOptions) {
    this.capabilities = inner.capabilities
    this.#inner = inner
    this.#keyValue = keyValue
    this.#ttlMs = l2TtlMs
    this.#l1 = new VectorCache(inner.capabilities.dims, l1Bytes)
  }

  get stats(): CacheStats {
    return { ...this.#counts }
  }

  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Embedding> {
    options.signal?.throwIfAborted()
    const { kind = 'query' } = options
    const answer = {
      rows: new Float32Array(texts.length * this.capabilities.dims),
      truncated: [] as number[],
    }
    let fallback: string | null = null
    let missing = this.#fromL1(texts, kind, answer)
    if (missing.length > 0) missing = await this.#fromL2(missing, answer)
    if (missing.length > 0) fallback = await this.#compute(missing, { answer, options })
    this.#counts.texts += texts.length
    return { rows: answer.rows, truncated: answer.truncated.sort((a, b) => a - b), fallback }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  /** Each text that is not there stands once in what is returned, with all its positions. */
  #fromL1(texts: readonly string[], kind: string, answer: Answer): Missing[] {
    const missing = new Map<string, Missing>()
    for (let i = 0; i < texts.length; i++) {
      const key = `${kind}\0${texts[i]}`
      const kept = this.#l1.get(key)
      if (kept !== undefined) {
        put(answer, [i], kept)
        this.#counts.l1Hits++
        continue
      }
      const known = missing.get(key)
      if (known === undefined) missing.set(key, { text: texts[i]!, key, positions: [i] })
      else known.positions.push(i)
    }
    return [...missing.values()]
  }

  async #fromL2(wanted: readonly Missing[], answer: Answer): Promise<Missing[]> {
    const { dims } = this.capabilities
    const found = await this.#l2(async (store) => {
      const values = await store.getMany(wanted.map(({ key }) => this.#hash(key)))
      return values.map((value) => decode(value, dims))
    })
    if (found === null) return [...wanted]
    return wanted.filter(({ key, positions }, i) => {
      const kept = found[i] ?? null
      if (kept === null) return true
      this.#l1.set(key, kept)
      put(answer, positions, kept)
      this.#counts.l2Hits += positions.length
      return false
    })
  }

  async #compute(
    missing: readonly Missing[],
    { answer, options }: { answer: Answer; options: EmbedOptions },
  ): Promise<string | null> {
    const { dims } = this.capabilities
    const { rows, truncated, fallback } = await this.#inner.embed(
      missing.map(({ text }) => text),
      options,
    )
    const cut = new Set(truncated)
    const entries = missing.map(({ key, positions }, i) => {
      const kept = { vector: rows.slice(i * dims, (i + 1) * dims), truncated: cut.has(i) }
      put(answer, positions, kept)
      this.#counts.misses += positions.length
      // A vector of another kind must not be found again as one of the model's.
      if (fallback === null) this.#l1.set(key, kept)
      return { key, kept }
    })
    if (fallback !== null) return fallback
    await this.#l2((store) =>
      store.setMany(
        entries.map(({ key, kept }) => ({ key: this.#hash(key), value: encode(kept), ttlMs: this.#ttlMs })),
      ),
    )
    return null
  }

  /**
   * The shared cache spares work; without it there is only more of it. One use at a time: values are views
   * that the store's next call may overwrite.
   */
  async #l2<T>(use: (store: KeyValue) => Promise<T>): Promise<T | null> {
    const store = this.#keyValue
    if (store === null) return null
    const before = this.#l2Turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#l2Turn = promise
    await before
    try {
      return await use(store)
    } catch (error) {
      if (!(error instanceof RepError) || !error.retryable) throw error
      this.#counts.l2Failures++
      return null
    } finally {
      resolve()
    }
  }

  #hash(key: string): string {
    const hash = createHash('sha256').update(this.capabilities.model).update('\0').update(key)
    return `embed:${hash.digest('base64url')}`
  }
}

interface Answer {
  readonly rows: Float32Array
  readonly truncated: number[]
}

interface Kept {
  readonly vector: Float32Array
  readonly truncated: boolean
}

function put({ rows, truncated }: Answer, positions: readonly number[], kept: Kept): void {
  for (const position of positions) {
    rows.set(kept.vector, position * kept.vector.length)
    if (kept.truncated) truncated.push(position)
  }
}

/** One byte that says whether the text was cut, then the vector as little-endian float32. */
function encode({ vector, truncated }: Kept): Uint8Array {
  const bytes = new Uint8Array(1 + vector.byteLength)
  bytes[0] = truncated ? 1 : 0
  bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), 1)
  return bytes
}

function decode(bytes: Uint8Array | null, dims: number): Kept | null {
  if (bytes === null || bytes.length !== 1 + 4 * dims) return null
  // A copy, aligned: slice would only be another view where the store gives Buffers.
  const copy = new Uint8Array(bytes.subarray(1))
  return { vector: new Float32Array(copy.buffer, 0, dims), truncated: bytes[0] === 1 }
}
