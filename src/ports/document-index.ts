/** Flat field values; anything nested is kept, but cannot be searched. */
export type DocumentFields = Readonly<Record<string, unknown>>

export interface IndexedDocument {
  readonly id: string
  readonly fields: DocumentFields
}

export interface DocumentIndexSpec {
  readonly index: string
  /** Field by which searches may ask for equality. */
  readonly lookups: readonly string[]
  /** Numeric field that orders results, newest first (milliseconds since the epoch). */
  readonly time: string
}

/** `created[i]` is 1 where document i was new, 0 where it replaced one. */
export interface UpsertResult {
  readonly created: Uint8Array
  /** Documents that the index refused for good (not transient trouble): position and reason. */
  readonly rejected: readonly { readonly position: number; readonly reason: string }[]
}

export interface DocumentQuery {
  readonly field: string
  readonly value: string
  /** Only documents at or after this time. */
  readonly sinceMs?: number
  readonly limit: number
}

/**
 * Documents by id, with equality look-ups ordered by time. Transient trouble is retried inside. Reads by id see
 * upserts at once; searches and counts see them after the next `refresh` at the latest.
 */
export interface DocumentIndex {
  readonly capabilities: { readonly driver: string }
  ensureIndexes(specs: readonly DocumentIndexSpec[]): Promise<void>
  upsertMany(
    index: string,
    documents: readonly IndexedDocument[],
    signal?: AbortSignal,
  ): Promise<UpsertResult>
  /** Documents by position; null where absent. */
  getMany(index: string, ids: readonly string[]): Promise<readonly (DocumentFields | null)[]>
  /** Newest first. */
  search(index: string, query: DocumentQuery): Promise<readonly IndexedDocument[]>
  /**
   * As `search`, but only these fields of each document, flat ones: where an index keeps them as columns, no document
   * needs to be read. A field that is null or absent is absent.
   */
  searchFields(
    index: string,
    query: DocumentQuery,
    fields: readonly string[],
  ): Promise<readonly DocumentFields[]>
  /** Makes everybody's upserts visible to searches and counts. */
  refresh(index: string): Promise<void>
  count(index: string): Promise<number>
  close(): Promise<void>
}
