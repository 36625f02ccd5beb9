import { RepError } from '../../errors/rep-error.ts'
import type {
  DocumentFields,
  DocumentIndex,
  DocumentIndexSpec,
  DocumentQuery,
  IndexedDocument,
  UpsertResult,
} from '../../ports/document-index.ts'
import { indexLine, sendBulk } from '../elasticsearch-bulk.ts'
import type { ElasticsearchClient } from '../elasticsearch-client.ts'
import {
  createIndex,
  getSources,
  type IndexMapping,
  type IndexTemplate,
  type IndexTemplates,
  isId,
  readMapping,
} from '../elasticsearch-indexes.ts'
import { OpenedIndexes } from '../elasticsearch-opened.ts'

/** Most hits that one search of an index gives by its default settings. */
const MAX_HITS = 10_000

/**
 * Document index on Elasticsearch. Reads by id see every upsert at once; searches and counts see it after the
 * next refresh, which the index does by itself about once a second. A search gives at most 10,000 documents.
 */
export class ElasticsearchDocumentIndex implements DocumentIndex {
  readonly capabilities = { driver: 'elasticsearch' }
  readonly #client: ElasticsearchClient
  readonly #templates: IndexTemplates
  readonly #indexes: OpenedIndexes<StoredDocumentIndex>

  /** The client stays the caller's to close. */
  constructor(client: ElasticsearchClient, templates: IndexTemplates = {}) {
    this.#client = client
    this.#indexes = new OpenedIndexes(client, specOf)
    this.#templates = templates
  }

  async ensureIndexes(specs: readonly DocumentIndexSpec[]): Promise<void> {
    for (const spec of specs) await this.#ensure(spec)
  }

  async upsertMany(
    index: string,
    documents: readonly IndexedDocument[],
    signal?: AbortSignal,
  ): Promise<UpsertResult> {
    signal?.throwIfAborted()
    const { time } = await this.#indexes.open(index)
    const faults: { position: number; reason: string }[] = []
    const actions = new Array<string | null>(documents.length)
    for (let i = 0; i < documents.length; i++) {
      const action = actionOf(documents[i]!, time)
      actions[i] = typeof action === 'string' ? action : null
      if (typeof action !== 'string') faults.push({ position: i, reason: action.reason })
    }
    const { created, refused } = await sendBulk(this.#client, actions, { index, signal })
    const rejected = [...faults, ...refused.map(({ position, reason }) => ({ position, reason }))]
    return { created, rejected: rejected.toSorted((a, b) => a.position - b.position) }
  }

  async getMany(index: string, ids: readonly string[]): Promise<readonly (DocumentFields | null)[]> {
    await this.#indexes.open(index)
    return getSources<DocumentFields>(this.#client, index, ids)
  }

  async search(index: string, query: DocumentQuery): Promise<readonly IndexedDocument[]> {
    const hits = await this.#hits<Hit>(index, query, { path: 'hits.hits._id,hits.hits._source' })
    return hits.map(({ _id, _source }) => ({ id: _id, fields: _source }))
  }

  async searchFields(
    index: string,
    query: DocumentQuery,
    fields: readonly string[],
  ): Promise<readonly DocumentFields[]> {
    const { columns } = await this.#indexes.open(index)
    if (fields.some((field) => !columns.has(field))) {
      const hits = await this.#hits<Hit>(index, query, {
        path: 'hits.hits._source',
        body: { _source: fields },
      })
      return hits.map(({ _source }) => withoutNulls(_source))
    }
    const body = { _source: false, stored_fields: '_none_', docvalue_fields: fields }
    const hits = await this.#hits<ColumnHit>(index, query, { path: 'hits.hits.sort,hits.hits.fields', body })
    // Each field comes as the list of its values.
    return hits.map((hit) =>
      Object.fromEntries(Object.entries(hit.fields ?? {}).map(([field, [value]]) => [field, value])),
    )
  }

  async #hits<T>(
    index: string,
    { field, value, sinceMs, limit }: DocumentQuery,
    { path, body = {} }: { readonly path: string; readonly body?: Readonly<Record<string, unknown>> },
  ): Promise<readonly T[]> {
    const { lookups, time } = await this.#indexes.open(index)
    if (!lookups.includes(field)) {
      const known = lookups.join(', ') || 'none'
      throw new RepError('REP_USAGE', `Index ${index} cannot be searched by ${field}; it can by: ${known}.`)
    }
    if (limit < 1) return []
    const since = sinceMs === undefined ? [] : [{ range: { [time]: { gte: Math.ceil(sinceMs) } } }]
    const { hits } = await this.#client.request<{ hits?: { hits?: readonly T[] } }>({
      method: 'POST',
      path: `/${this.#client.prefix}${index}/_search`,
      query: { allow_partial_search_results: 'false', filter_path: path },
      body: {
        query: { bool: { filter: [{ term: { [field]: value } }, ...since] } },
        sort: [{ [time]: 'desc' }],
        size: Math.min(limit, MAX_HITS),
        track_total_hits: false,
        ...body,
      },
    })
    return hits?.hits ?? []
  }

  refresh(index: string): Promise<void> {
    return this.#indexes.refresh(index)
  }

  count(index: string): Promise<number> {
    return this.#indexes.count(index)
  }

  async close(): Promise<void> {
    this.#indexes.clear()
  }

  async #ensure(spec: DocumentIndexSpec): Promise<void> {
    const { index } = spec
    const present = await readMapping(this.#client, index)
    if (present === null) await createIndex(this.#client, index, this.#template(spec))
    this.#indexes.forget(index)
    const stored = await this.#indexes.open(index)
    if (!isSame(stored, spec)) {
      const text = (it: DocumentIndexSpec) => `looked up by ${it.lookups.join(', ')}, ordered by ${it.time}`
      throw new RepError(
        'REP_ENVIRONMENT',
        `Index ${index} of Elasticsearch at ${this.#client.host} exists ${text(stored)}, not ${text(spec)}: use another index prefix, or remove the index.`,
      )
    }
  }

  #template(spec: DocumentIndexSpec): IndexTemplate {
    const template = this.#templates[spec.index] ?? lenientTemplate(spec)
    const meta = { lookups: spec.lookups, time: spec.time }
    return { ...template, mappings: { ...template.mappings, _meta: meta } }
  }
}

interface StoredDocumentIndex extends DocumentIndexSpec {
  /** Fields that the mapping has, whose values are kept by column. */
  readonly columns: ReadonlySet<string>
}

interface ColumnHit {
  readonly fields?: Readonly<Record<string, readonly unknown[]>>
}

interface Hit {
  readonly _id: string
  readonly _source: DocumentFields
}

/** The two lines of one document, or why it cannot be kept. */
function actionOf({ id, fields }: IndexedDocument, time: string): string | { readonly reason: string } {
  if (!isId(id)) return { reason: 'the id is empty or longer than 512 bytes' }
  const timeMs = fields[time]
  if (typeof timeMs !== 'number' || !(timeMs >= 0))
    return { reason: `field ${time} is not a time in milliseconds` }
  try {
    return `${indexLine(id)}${JSON.stringify(fields)}\n`
  } catch (error) {
    return { reason: `the fields cannot be written as JSON: ${(error as Error).message}` }
  }
}

/** Only what is looked up is indexed; the rest is kept as it came. */
function lenientTemplate({ lookups, time }: DocumentIndexSpec): IndexTemplate {
  const properties: Record<string, Record<string, unknown>> = {
    [time]: { type: 'date', format: 'epoch_millis' },
  }
  for (const lookup of lookups) properties[lookup] = { type: 'keyword' }
  return {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' },
    mappings: { dynamic: false, properties },
  }
}

function specOf(index: string, mapping: IndexMapping | null): StoredDocumentIndex {
  const { lookups, time } = mapping?._meta ?? {}
  if (Array.isArray(lookups) && typeof time === 'string') {
    const columns = Object.entries(mapping?.properties ?? {}).filter(([, property]) => isColumn(property))
    return { index, lookups, time, columns: new Set(columns.map(([field]) => field)) }
  }
  throw new RepError('REP_NOT_FOUND', `There is no document index ${index}.`)
}

function isSame(a: DocumentIndexSpec, b: DocumentIndexSpec): boolean {
  return a.time === b.time && a.lookups.toSorted().join('\n') === b.lookups.toSorted().join('\n')
}

/** Kinds of field whose values come out of columns as they went in. */
const COLUMN_TYPES: ReadonlySet<unknown> = new Set(['keyword', 'integer', 'long', 'double'])

function isColumn(property: Readonly<Record<string, unknown>>): boolean {
  // What is longer than `ignore_above` is in the document alone.
  const { type, doc_values: kept, ignore_above: most } = property
  return COLUMN_TYPES.has(type) && kept !== false && most === undefined
}

function withoutNulls(fields: DocumentFields | undefined): DocumentFields {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null))
}
