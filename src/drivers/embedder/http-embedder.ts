import { Agent, request } from 'undici'
import { RepError } from '../../errors/rep-error.ts'
import type { Embedder, Embedding, EmbedOptions } from '../../ports/embedder.ts'

export interface HttpEmbedderOptions {
  /** Of `rep serve embed`, without a slash at its end. */
  readonly url: string
  readonly capabilities: Embedder['capabilities']
  /** For one request; default 30 s. */
  readonly timeoutMs?: number
}

/** What `POST /batch-embed` answers to `encoding: base64`. */
interface BatchAnswer {
  readonly model: string
  readonly dims: number
  readonly vectors: readonly string[]
  readonly truncated: readonly number[]
  readonly fallback: string | null
}

/** Most characters of a text that the service takes; a model reads far fewer. */
const TEXT_CHARACTERS = 100_000

/** An embedder on `rep serve embed`. One call is one request, of at most 100 texts. */
export class HttpEmbedder implements Embedder {
  readonly capabilities: Embedder['capabilities']
  readonly #url: string
  readonly #timeoutMs: number
  readonly #agent = new Agent()

  constructor({ url, capabilities, timeoutMs = 30_000 }: HttpEmbedderOptions) {
    this.capabilities = capabilities
    this.#url = url
    this.#timeoutMs = timeoutMs
  }

  /**
   * Rejects with REP_STORE_UNAVAILABLE where the service does not answer or fails, REP_OVERLOADED where it has
   * too much to do, REP_USAGE where it refuses the texts, REP_VECTOR_DIMS where it has another model.
   */
  async embed(texts: readonly string[], { kind = 'query', signal }: EmbedOptions = {}): Promise<Embedding> {
    signal?.throwIfAborted()
    const { dims, model } = this.capabilities
    const rows = new Float32Array(texts.length * dims)
    if (texts.length === 0) return { rows, truncated: [], fallback: null }
    const answer = await this.#ask(
      JSON.stringify({ texts: texts.map(acceptable), kind, encoding: 'base64' }),
      signal,
    )
    if (answer.dims !== dims || answer.model !== model) {
      throw new RepError(
        'REP_VECTOR_DIMS',
        `The embedding service ${this.#url} has ${answer.model} with ${answer.dims} dimensions; ${model} with ${dims} was expected.`,
      )
    }
    for (const [i, base64] of answer.vectors.entries()) {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
      rows.set(new Float32Array(bytes.buffer, 0, dims), i * dims)
    }
    return { rows, truncated: answer.truncated, fallback: answer.fallback }
  }

  async close(): Promise<void> {
    await this.#agent.close()
  }

  async #ask(body: string, signal: AbortSignal | undefined): Promise<BatchAnswer> {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    try {
      const answer = await request(`${this.#url}/batch-embed`, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { 'content-type': 'application/json' },
        body,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      })
      if (answer.statusCode === 200) return (await answer.body.json()) as BatchAnswer
      throw this.#refusal(answer.statusCode, await answer.body.text())
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof RepError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RepError(
        'REP_STORE_UNAVAILABLE',
        `The embedding service ${this.#url} does not answer: ${why}`,
        {
          cause,
        },
      )
    }
  }

  #refusal(status: number, text: string): RepError {
    const said = `The embedding service ${this.#url} answered ${status}: ${text.slice(0, 300)}`
    if (status === 503 || status === 429) return new RepError('REP_OVERLOADED', said)
    return new RepError(status >= 500 ? 'REP_STORE_UNAVAILABLE' : 'REP_USAGE', said)
  }
}

/** The service takes no empty text: a full stop, which says as little, stands for it. */
function acceptable(text: string): string {
  return text.trim() === '' ? '.' : text.slice(0, TEXT_CHARACTERS)
}
