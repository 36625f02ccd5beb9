import type { Database } from 'lmdb'
import { Scratch } from '../../kernel/scratch.ts'
import type {
  DocumentFields,
  DocumentIndexSpec,
  DocumentQuery,
  IndexedDocument,
} from '../../ports/document-index.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed } from '../lmdb-keys.ts'
import { MAX_KEY_BYTES, readDocumentKey, writeDocumentKey } from './document-key.ts'
import {
  documentKeyStart,
  isIndexableTime,
  lookupValue,
  MAX_LOOKUP_BYTES,
  writeLookupPrefix,
  writeTime,
} from './lookup-key.ts'

/** What became of one document: stored as new, stored in place of another, or refused and why. */
export type PutOutcome = 'created' | 'replaced' | { readonly reason: string }

/** The documents of one index (values: JSON) and the entries by which they are looked up (values: empty). */
export class DocumentStore {
  readonly #spec: DocumentIndexSpec
  readonly #documents: Database<Uint8Array, Uint8Array>
  readonly #lookups: Database<Uint8Array, Uint8Array>
  readonly #key = Buffer.alloc(MAX_KEY_BYTES)
  readonly #lookup = Buffer.alloc(MAX_LOOKUP_BYTES)
  readonly #scratch = new Scratch()

  constructor(environment: LmdbEnvironment, spec: DocumentIndexSpec) {
    this.#spec = spec
    this.#documents = openBinaryKeyed(environment.index, `doc.${spec.index}`)
    this.#lookups = openBinaryKeyed(environment.index, `doc.${spec.index}.lookups`)
  }

  /** Stores one document and its look-ups; call within a transaction. */
  put(document: IndexedDocument): PutOutcome {
    const { id, fields } = document
    const keyEnd = writeDocumentKey(id, this.#key, 0)
    if (keyEnd < 0) return { reason: 'the id is empty or longer than 1024 bytes' }
    if (!isIndexableTime(fields[this.#spec.time]))
      return { reason: `field ${this.#spec.time} is not a time in milliseconds` }
    let bytes: Uint8Array
    try {
      bytes = this.#encode(fields)
    } catch (error) {
      return { reason: `the fields cannot be written as JSON: ${(error as Error).message}` }
    }
    const key = this.#key.subarray(0, keyEnd)
    const created = this.#documents.putSync(key, bytes, KEEP_EXISTING) as unknown as boolean
    if (!created) this.#replace(key, bytes)
    this.#eachLookup(key, fields, (lookup) => this.#lookups.putSync(lookup, EMPTY))
    return created ? 'created' : 'replaced'
  }

  get(id: string): DocumentFields | null {
    const end = writeDocumentKey(id, this.#key, 0)
    return end < 0 ? null : this.#read(this.#key.subarray(0, end))
  }

  /** Newest first. */
  search(query: DocumentQuery): IndexedDocument[] {
    const field = this.#spec.lookups.indexOf(query.field)
    const found: IndexedDocument[] = []
    const prefixEnd = writeLookupPrefix(field, query.value, this.#lookup, 0)
    const start = Buffer.from(this.#lookup.subarray(0, prefixEnd))
    const end = Buffer.alloc(prefixEnd + 7, 0xff)
    start.copy(end)
    // The byte after the time ends the range behind the last id of that very millisecond.
    if (query.sinceMs !== undefined) writeTime(Math.max(0, Math.ceil(query.sinceMs)), end, prefixEnd)
    for (const key of this.#lookups.getKeys({ start, end })) {
      if (found.length >= query.limit) break
      const documentKey = (key as Buffer).subarray(documentKeyStart(prefixEnd))
      const fields = this.#read(documentKey)
      if (fields === null || lookupValue(fields[query.field]) !== query.value) continue
      found.push({ id: readDocumentKey(documentKey, 0), fields })
    }
    return found
  }

  count(): number {
    return (this.#documents.getStats() as { entryCount: number }).entryCount
  }

  #replace(key: Buffer, bytes: Uint8Array): void {
    const before = this.#read(key)
    if (before !== null) this.#eachLookup(key, before, (lookup) => this.#lookups.removeSync(lookup))
    this.#documents.putSync(key, bytes)
  }

  #eachLookup(key: Buffer, fields: DocumentFields, visit: (lookup: Buffer) => void): void {
    const timeMs = fields[this.#spec.time] as number
    for (let i = 0; i < this.#spec.lookups.length; i++) {
      const value = lookupValue(fields[this.#spec.lookups[i]!])
      if (value === null) continue
      const timeEnd = writeTime(timeMs, this.#lookup, writeLookupPrefix(i, value, this.#lookup, 0))
      this.#lookup.set(key, timeEnd)
      visit(this.#lookup.subarray(0, timeEnd + key.length))
    }
  }

  #read(key: Uint8Array): DocumentFields | null {
    const stored = this.#documents.getBinaryFast(key)
    return stored === undefined
      ? null
      : (JSON.parse(stored.toString('utf8', 0, stored.length)) as DocumentFields)
  }

  #encode(fields: DocumentFields): Uint8Array {
    const json = JSON.stringify(fields)
    const bytes = this.#scratch.reserve(json.length * 3)
    return bytes.subarray(0, bytes.write(json, 0, 'utf8'))
  }
}

const EMPTY = new Uint8Array(0)
/** Makes `putSync` return false and store nothing where the key exists; its type does not say so. */
const KEEP_EXISTING = { noOverwrite: true }
