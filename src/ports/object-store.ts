export interface StoredObject {
  readonly key: string
  readonly bytes: number
}

/** Bytes from `start` to before `end`; without `end` to the last one. A negative start counts from the end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** A whole object, or its parts in order. */
export type ObjectBody = Uint8Array | AsyncIterable<Uint8Array>

export interface ListOptions {
  /** Only keys after this one. */
  readonly after?: string
}

/**
 * Objects by key, e.g. `event_date=2026-11-21/hour=09/x.parquet`: parts between slashes, none of them empty, `.`
 * or `..`, none beginning with a dot. Whatever is stored is seen by the next call of anybody. Trouble that may pass
 * rejects with REP_STORE_UNAVAILABLE (retryable); what was being stored then may be there, whole.
 */
export interface ObjectStore {
  /** `place` is where it is in a user's words: a directory, or `s3://bucket/prefix`. */
  readonly capabilities: { readonly driver: string; readonly place: string }
  /** Stores an object, in place of one of the same key: others see the old one or the whole new one. */
  put(key: string, body: ObjectBody, signal?: AbortSignal): Promise<void>
  /** Stores an object where there is none of this key; false where there is. Of several at once one succeeds. */
  putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<boolean>
  /** The object, or a range of it; null where there is none. */
  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array | null>
  head(key: string): Promise<StoredObject | null>
  /** All objects whose keys begin with `prefix`, in the order of the keys' bytes, page by page. */
  list(prefix: string, options?: ListOptions): AsyncIterable<readonly StoredObject[]>
  /** Removes objects; keys of none are ignored. */
  delete(keys: readonly string[]): Promise<void>
  close(): Promise<void>
}
