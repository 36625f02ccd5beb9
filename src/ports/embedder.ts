/** Some models read questions and what answers them differently; to the others it makes no difference. */
export type TextKind = 'query' | 'passage'

export interface EmbedOptions {
  /** Default: query. */
  readonly kind?: TextKind
  readonly signal?: AbortSignal
}

/** The vectors of a batch of texts, by position. */
export interface Embedding {
  /** One row of `dims` values a text, each of length 1, in one array of `texts.length * dims`. */
  readonly rows: Float32Array
  /** Positions of the texts that are longer than the model reads: their ends were cut off. */
  readonly truncated: readonly number[]
  /**
   * Name of what made the rows when it was not the embedder's own model: such rows must not be compared or
   * mixed with its other ones. Null: its own model.
   */
  readonly fallback: string | null
}

/** Texts to vectors. */
export interface Embedder {
  /** `model` is what reports print; `semantic` is false for one that only hashes words. */
  readonly capabilities: { readonly model: string; readonly dims: number; readonly semantic: boolean }
  /** Rejects with REP_OVERLOADED (retryable) while too many texts wait. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Embedding>
  close(): Promise<void>
}
