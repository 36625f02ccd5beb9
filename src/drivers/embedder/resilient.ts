import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  fallback,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel'
import { RepError } from '../../errors/rep-error.ts'
import type { Embedder, Embedding, EmbedOptions } from '../../ports/embedder.ts'

/** What happened to the calls so far. */
export interface ResilienceStats {
  readonly calls: number
  readonly retries: number
  /** Calls and texts that the fallback answered. */
  readonly fallbackCalls: number
  readonly fallbackTexts: number
  readonly circuit: 'closed' | 'open' | 'half-open'
}

export interface ResilientOptions {
  /** Texts of one call to the inner embedder; default 100. */
  readonly callTexts?: number
  /** Calls at the same time, and those that wait for one to end; default 10 and 100. */
  readonly concurrent?: number
  readonly waiting?: number
  /** Tries of a call, the first included; default 3. */
  readonly tries?: number
  /** Wait before the second try, and the longest; default 1 s and 5 s. */
  readonly backoffMs?: number
  readonly maxBackoffMs?: number
  /** Failures in a row that open the circuit, and how long it stays open; default 5 and 10 s. */
  readonly breakAfter?: number
  readonly openMs?: number
  /** Told how many texts the fallback answers. */
  onFallback?(texts: number): void
  /** One line per change of the circuit. */
  log?(line: string): void
}

const DEFAULTS = {
  callTexts: 100,
  concurrent: 10,
  waiting: 100,
  tries: 3,
  backoffMs: 1000,
  maxBackoffMs: 5000,
  breakAfter: 5,
  openMs: 10_000,
}

/**
 * Calls an embedding service so that its trouble stays its own: few calls at a time, failed ones tried again,
 * none at all for a while after many failures, and then the fallback's vectors, marked as such. What the
 * service refuses for good is rejected at once.
 */
export class ResilientEmbedder implements Embedder {
  readonly capabilities: Embedder['capabilities']
  readonly #inner: Embedder
  readonly #spare: Embedder
  readonly #callTexts: number
  readonly #policy: IPolicy
  readonly #circuit: () => CircuitState
  readonly #onFallback: ((texts: number) => void) | undefined
  readonly #counts = { calls: 0, retries: 0, fallbackCalls: 0, fallbackTexts: 0 }

  /** Both embedders are this one's from here on; they must have the same dimensions. */
  constructor(inner: Embedder, spare: Embedder, options: ResilientOptions = {}) {
    const settings = { ...DEFAULTS, ...options }
    this.capabilities = inner.capabilities
    this.#inner = inner
    this.#spare = spare
    this.#callTexts = settings.callTexts
    this.#onFallback = options.onFallback
    const transient = handleWhen(isTransient)
    const again = retry(transient, {
      maxAttempts: settings.tries - 1,
      backoff: new ExponentialBackoff({
        initialDelay: settings.backoffMs,
        maxDelay: settings.maxBackoffMs,
      }),
    })
    again.onRetry(() => this.#counts.retries++)
    const breaker = circuitBreaker(transient, {
      halfOpenAfter: settings.openMs,
      breaker: new ConsecutiveBreaker(settings.breakAfter),
    })
    const log = settings.log ?? ((line) => process.stderr.write(`${line}\n`))
    breaker.onBreak(() => log('The embedding service fails: it is left alone for a while.'))
    breaker.onReset(() => log('The embedding service answers again.'))
    this.#circuit = () => breaker.state
    // The waits between tries hold no place among the concurrent calls.
    this.#policy = wrap(again, breaker, bulkhead(settings.concurrent, settings.waiting))
  }

  get stats(): ResilienceStats {
    return { ...this.#counts, circuit: NAMES[this.#circuit()] ?? 'open' }
  }

  /** Any number of texts: they go in several calls. If one of those needs the fallback, all rows are the fallback's. */
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Embedding> {
    options.signal?.throwIfAborted()
    const parts: (readonly string[])[] = []
    for (let at = 0; at < texts.length; at += this.#callTexts)
      parts.push(texts.slice(at, at + this.#callTexts))
    const spare = fallback(handleWhen(isWithoutService), () => this.#fallBack(texts, options))
    const answer = await spare.execute(() => Promise.all(parts.map((part) => this.#call(part, options))))
    return Array.isArray(answer) ? joined(answer, this.#callTexts, this.capabilities.dims) : answer
  }

  async close(): Promise<void> {
    await this.#inner.close()
    await this.#spare.close()
  }

  #call(texts: readonly string[], options: EmbedOptions): Promise<Embedding> {
    this.#counts.calls++
    return this.#policy.execute(() => this.#inner.embed(texts, options), options.signal)
  }

  async #fallBack(texts: readonly string[], options: EmbedOptions): Promise<Embedding> {
    this.#counts.fallbackCalls++
    this.#counts.fallbackTexts += texts.length
    this.#onFallback?.(texts.length)
    return {
      ...(await this.#spare.embed(texts, options)),
      fallback: this.#spare.capabilities.model,
    }
  }
}

const NAMES: Readonly<Partial<Record<CircuitState, ResilienceStats['circuit']>>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
}

function isTransient(error: unknown): boolean {
  return error instanceof RepError && error.retryable
}

function isWithoutService(error: unknown): boolean {
  return isTransient(error) || error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError
}

function joined(parts: readonly Embedding[], partTexts: number, dims: number): Embedding {
  const rows = new Float32Array(parts.reduce((sum, part) => sum + part.rows.length, 0))
  for (const [i, part] of parts.entries()) rows.set(part.rows, i * partTexts * dims)
  const truncated = parts.flatMap((part, i) => part.truncated.map((at) => i * partTexts + at))
  return { rows, truncated, fallback: parts.find((part) => part.fallback !== null)?.fallback ?? null }
}
