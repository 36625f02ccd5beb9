import type { Embedder, Embedding, EmbedOptions } from '../../ports/embedder.ts'

/** Weight of a word, of a short word (at most 2 characters, mostly articles and units), and of each of its trigrams. */
const WORD_WEIGHT = 1
const SHORT_WORD_WEIGHT = 0.3
const TRIGRAM_WEIGHT = 0.25
/** Dimensions that each feature adds to, so that two words rarely look alike by chance. */
const PROBES = 3

/**
 * An embedder without a model: signed feature hashing (Weinberger and others, 2009) of words and of the
 * character trigrams within them. Texts that share words are near; meaning it knows nothing of.
 */
export class HashingEmbedder implements Embedder {
  readonly capabilities: Embedder['capabilities']
  readonly #dims: number

  constructor(dims = 384) {
    this.#dims = dims
    this.capabilities = { model: `hashing-${dims} (not a language model)`, dims, semantic: false }
  }

  async embed(texts: readonly string[], { signal }: EmbedOptions = {}): Promise<Embedding> {
    signal?.throwIfAborted()
    const rows = new Float32Array(texts.length * this.#dims)
    for (let i = 0; i < texts.length; i++)
      embedInto(texts[i]!, rows.subarray(i * this.#dims, (i + 1) * this.#dims))
    return { rows, truncated: [], fallback: null }
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}

/** Adds a text's features to `row` (all zeros) and scales it to length 1; a text without words gets the first axis. */
function embedInto(text: string, row: Float32Array): void {
  const lower = text.normalize('NFC').toLowerCase()
  for (let at = 0; at < lower.length; ) {
    if (!isWordCode(lower.charCodeAt(at))) {
      at++
      continue
    }
    let end = at + 1
    while (end < lower.length && isWordCode(lower.charCodeAt(end))) end++
    addWord(lower, at, end, row)
    at = end
  }
  normalise(row)
}

function addWord(text: string, start: number, end: number, row: Float32Array): void {
  let hash = FNV_OFFSET
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  const length = end - start
  addFeature(row, hash, length <= 2 ? SHORT_WORD_WEIGHT : WORD_WEIGHT)
  if (length < 4) return
  // From 4 characters on a word has more than one trigram, so that these say more than the word itself.
  for (let i = start; i + 3 <= end; i++) {
    let trigram = TRIGRAM_OFFSET
    for (let j = i; j < i + 3; j++) trigram = Math.imul(trigram ^ text.charCodeAt(j), FNV_PRIME)
    addFeature(row, trigram, TRIGRAM_WEIGHT)
  }
}

function addFeature(row: Float32Array, hash: number, weight: number): void {
  let h = hash
  for (let i = 0; i < PROBES; i++) {
    h = mix(h + 0x9e3779b9)
    const at = (h >>> 1) % row.length
    row[at] = row[at]! + ((h & 1) === 0 ? weight : -weight)
  }
}

function normalise(row: Float32Array): void {
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += row[i]! * row[i]!
  if (sum === 0) {
    row[0] = 1
    return
  }
  const scale = 1 / Math.sqrt(sum)
  for (let i = 0; i < row.length; i++) row[i]! *= scale
}

/** Digits, lower-case letters, and everything beyond Latin-1 that is not general or CJK punctuation. */
function isWordCode(code: number): boolean {
  if (code < 192) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
  return (code < 0x2000 || code > 0x206f) && (code < 0x3000 || code > 0x303f)
}

// FNV-1a over UTF-16 units; trigrams begin from another offset, so that a word of 3 is not its own trigram.
const FNV_OFFSET = 0x811c9dc5
const TRIGRAM_OFFSET = 0x9747b28c
const FNV_PRIME = 0x01000193

/** The finaliser of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
