/** Texts to vectors. */
export interface Embedder {
  /** `model` is what reports print; `semantic` is false for one that only hashes words. */
  readonly capabilities: { readonly model: string; readonly dims: number; readonly semantic: boolean }
  /** One row of `dims` values a text, each of length 1, in one array of `texts.length * dims`. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array>
  close(): Promise<void>
}
