import type { Database } from 'lmdb'
import { RepError } from '../../errors/rep-error.ts'
import type {
  DocumentFields,
  DocumentIndex,
  DocumentIndexSpec,
  DocumentQuery,
  IndexedDocument,
  UpsertResult,
} from '../../ports/document-index.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openStringKeyed } from '../lmdb-keys.ts'
import type { LmdbWriter } from '../lmdb-writer.ts'
import { DocumentStore } from './document-store.ts'

/** Document index on LMDB. Each write is one transaction, made before the method's first await. */
export class LmdbDocumentIndex implements DocumentIndex {
  readonly capabilities = { driver: 'lmdb' }
  readonly #environment: LmdbEnvironment
  readonly #writer: LmdbWriter
  /** Each index's spec as JSON. */
  readonly #specs: Database<Uint8Array, string>
  readonly #stores = new Map<string, { readonly spec: DocumentIndexSpec; readonly store: DocumentStore }>()

  constructor(environment: LmdbEnvironment, writer: LmdbWriter) {
    this.#environment = environment
    this.#writer = writer
    this.#specs = openStringKeyed(environment.index, 'doc.specs')
  }

  async ensureIndexes(specs: readonly DocumentIndexSpec[]): Promise<void> {
    await this.#writer.write(() => {
      for (const spec of specs) this.#ensure(spec)
    })
    for (const spec of specs) this.#open(spec.index)
  }

  async upsertMany(
    index: string,
    documents: readonly IndexedDocument[],
    signal?: AbortSignal,
  ): Promise<UpsertResult> {
    signal?.throwIfAborted()
    const { store } = this.#open(index)
    return this.#writer.write(() => {
      const created = new Uint8Array(documents.length)
      const rejected: { position: number; reason: string }[] = []
      for (let i = 0; i < documents.length; i++) {
        const outcome = store.put(documents[i]!)
        if (outcome === 'created') created[i] = 1
        else if (outcome !== 'replaced') rejected.push({ position: i, reason: outcome.reason })
      }
      return { created, rejected }
    })
  }

  async getMany(index: string, ids: readonly string[]): Promise<readonly (DocumentFields | null)[]> {
    const { store } = this.#openFresh(index)
    return ids.map((id) => store.get(id))
  }

  async search(index: string, query: DocumentQuery): Promise<readonly IndexedDocument[]> {
    const { spec, store } = this.#openFresh(index)
    if (!spec.lookups.includes(query.field)) {
      const known = spec.lookups.join(', ') || 'none'
      throw new RepError(
        'REP_USAGE',
        `Index ${index} cannot be searched by ${query.field}; it can by: ${known}.`,
      )
    }
    return store.search(query)
  }

  async searchFields(
    index: string,
    query: DocumentQuery,
    fields: readonly string[],
  ): Promise<readonly DocumentFields[]> {
    const found = await this.search(index, query)
    return found.map((document) =>
      Object.fromEntries(
        fields.map((field) => [field, document.fields[field]] as const).filter(([, value]) => value != null),
      ),
    )
  }

  async refresh(index: string): Promise<void> {
    this.#open(index)
  }

  async count(index: string): Promise<number> {
    return this.#openFresh(index).store.count()
  }

  async close(): Promise<void> {
    // The environment belongs to the stack, which closes it.
  }

  #ensure(spec: DocumentIndexSpec): void {
    const wanted = JSON.stringify({ index: spec.index, lookups: spec.lookups, time: spec.time })
    const stored = this.#specs.getBinary(spec.index)?.toString()
    if (stored === undefined) this.#specs.putSync(spec.index, Buffer.from(wanted))
    else if (stored !== wanted) {
      throw new RepError(
        'REP_ENVIRONMENT',
        `Document index ${spec.index} exists as ${stored}, not as ${wanted}: use another data directory, or remove this one.`,
      )
    }
  }

  /** Opens an index to read what is stored now, by whichever thread or process. */
  #openFresh(index: string): { readonly spec: DocumentIndexSpec; readonly store: DocumentStore } {
    const opened = this.#open(index)
    this.#environment.index.refreshReads()
    return opened
  }

  #open(index: string): { readonly spec: DocumentIndexSpec; readonly store: DocumentStore } {
    const opened = this.#stores.get(index)
    if (opened !== undefined) return opened
    this.#environment.index.refreshReads()
    const stored = this.#specs.getBinary(index)
    if (stored === undefined) throw new RepError('REP_NOT_FOUND', `There is no document index ${index}.`)
    const spec = JSON.parse(stored.toString()) as DocumentIndexSpec
    const entry = { spec, store: new DocumentStore(this.#environment, spec) }
    this.#stores.set(index, entry)
    return entry
  }
}
