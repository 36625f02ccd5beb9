import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientOptions, errors } from '@elastic/elasticsearch'
import { RepError } from '../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../kernel/backoff.ts'
import type { TlsTexts } from '../kernel/credentials.ts'

export interface ElasticsearchOptions {
  /** `http://` or `https://` with host and port, and optionally user and password; of one node or several. */
  readonly node: string | readonly string[]
  readonly apiKey?: string
  readonly username?: string
  readonly password?: string
  readonly tls?: TlsTexts
  /** Goes before every index name, so that several pipelines can share a cluster. Default: none. */
  readonly prefix?: string
  /** Told in one line when the cluster stops answering and when it answers again; not once an attempt. */
  readonly log?: (line: string) => void
}

export interface ElasticsearchRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Record<string, string>
  readonly body?: Record<string, unknown>
  /** Lines of JSON, ready to send. */
  readonly lines?: string
  readonly signal?: AbortSignal | undefined
}

const REQUEST_MS = 15_000
/** Times that a request is sent before its trouble is the caller's: about a second in all. */
const TRIES = 4
const RETRY: BackoffLimits = { baseMs: 100, maxMs: 1000 }
const UNTRACED = { openTelemetry: { enabled: false } }
/** Answers that mean "not now". */
const PASSING = new Set([408, 429, 502, 503, 504])

/** What the drivers of several ports share: one client and its connections, retries, and names of errors. */
export class ElasticsearchClient {
  readonly prefix: string
  /** The address without its secrets, for messages. */
  readonly host: string
  readonly #client: Client
  readonly #log: (line: string) => void
  #down = false

  constructor(options: ElasticsearchOptions) {
    const { node, tls, prefix = '', log = () => undefined } = options
    const nodes = typeof node === 'string' ? [node] : [...node]
    this.prefix = prefix
    this.host = nodes.map(hostOf).join(', ')
    this.#log = log
    this.#client = new Client({
      nodes,
      ...authOf(options),
      ...(tls === undefined ? {} : { tls: { ...tls } }),
      maxRetries: 0,
      requestTimeout: REQUEST_MS,
      enableMetaHeader: false,
      // Answers are only read field by field, never merged into other objects.
      disablePrototypePoisoningProtection: true,
    })
  }

  /**
   * Sends a request and returns the answer's body. Trouble with the connection and answers that mean "not
   * now" are tried again a few times, then reject with REP_STORE_UNAVAILABLE; a missing index rejects with
   * REP_NOT_FOUND, a refused key with REP_ENVIRONMENT, anything else with REP_INTERNAL.
   */
  async request<T>(request: ElasticsearchRequest): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const body = await this.#send<T>(request)
        this.#answered()
        return body
      } catch (error) {
        request.signal?.throwIfAborted()
        const failure = this.#failure(error, request)
        if (!failure.retryable) throw failure
        if (attempt === TRIES) {
          this.#silent(failure)
          throw failure
        }
        await sleep(backoffMs(attempt - 1, RETRY), undefined, { signal: request.signal })
      }
    }
  }

  /** The status of an answer that the caller handles itself, and its body. */
  async attempt<T>(request: ElasticsearchRequest): Promise<{ readonly status: number; readonly body: T }> {
    try {
      return { status: 200, body: await this.request<T>(request) }
    } catch (error) {
      const cause = error instanceof RepError ? error.cause : undefined
      if (!(cause instanceof errors.ResponseError) || (error as RepError).retryable) throw error
      return { status: cause.statusCode ?? 0, body: cause.body as T }
    }
  }

  /** The version of the cluster's oldest node. */
  async serverVersion(): Promise<string> {
    const { nodes } = await this.request<{ nodes: Record<string, { version: string }> }>({
      method: 'GET',
      path: '/_nodes',
      query: { filter_path: 'nodes.*.version' },
    })
    const versions = Object.values(nodes).map(({ version }) => version)
    return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0] ?? 'unknown'
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #send<T>({ method, path, query, body, lines, signal }: ElasticsearchRequest): Promise<T> {
    signal?.throwIfAborted()
    return this.#client.transport.request<T>(
      {
        method,
        path,
        ...(query === undefined ? {} : { querystring: query }),
        ...(body === undefined ? {} : { body }),
        ...(lines === undefined ? {} : { bulkBody: lines }),
      },
      signal === undefined ? UNTRACED : { ...UNTRACED, signal },
    )
  }

  #failure(error: unknown, { method, path }: ElasticsearchRequest): RepError {
    const options = { cause: error }
    const place = `Elasticsearch at ${this.host}`
    if (!(error instanceof errors.ResponseError)) {
      return new RepError('REP_STORE_UNAVAILABLE', `${place} does not answer: ${messageOf(error)}`, options)
    }
    const status = error.statusCode ?? 0
    const reason = reasonOf(error.body) ?? `status ${status}`
    if (PASSING.has(status))
      return new RepError('REP_STORE_UNAVAILABLE', `${place} is not ready: ${reason}`, options)
    if (status === 401 || status === 403)
      return new RepError('REP_ENVIRONMENT', `${place} refuses access: ${reason}`, options)
    if (status === 404) return new RepError('REP_NOT_FOUND', `${place}: ${reason}`, options)
    return new RepError('REP_INTERNAL', `${place} refused ${method} ${path}: ${reason}`, options)
  }

  #silent(failure: RepError): void {
    if (!this.#down) this.#log(`elasticsearch: ${failure.message}`)
    this.#down = true
  }

  #answered(): void {
    if (this.#down) this.#log(`elasticsearch: ${this.host} answers again`)
    this.#down = false
  }
}

/** What Elasticsearch says went wrong, with the innermost cause, which is often the one that helps. */
export function reasonOf(body: unknown): string | undefined {
  const error = (body as { error?: ElasticsearchError | string } | null)?.error
  if (error === undefined || typeof error === 'string') return error
  return describeError(error)
}

export interface ElasticsearchError {
  readonly type?: string
  readonly reason?: string
  readonly caused_by?: ElasticsearchError
}

export function describeError(error: ElasticsearchError): string {
  let innermost = error
  while (innermost.caused_by !== undefined) innermost = innermost.caused_by
  const outer = error.reason ?? error.type ?? 'no reason given'
  const inner = innermost.reason ?? innermost.type ?? ''
  return inner === '' || outer.includes(inner) ? outer : `${outer}: ${inner}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

function authOf({ apiKey, username, password }: ElasticsearchOptions): Pick<ClientOptions, 'auth'> {
  if (apiKey !== undefined) return { auth: { apiKey } }
  return username === undefined || password === undefined ? {} : { auth: { username, password } }
}

function hostOf(node: string): string {
  if (URL.canParse(node)) return new URL(node).host
  throw new RepError('REP_USAGE', 'The address of Elasticsearch is not of the form http://host:port.')
}
