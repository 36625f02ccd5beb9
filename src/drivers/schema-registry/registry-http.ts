import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, fetch, type Response } from 'undici'
import { RepError } from '../../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../../kernel/backoff.ts'
import type { TlsTexts } from '../../kernel/credentials.ts'

export interface RegistryAddress {
  /** Where the API begins; may hold user and password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly tls?: TlsTexts
}

export interface RegistryAnswer<T> {
  readonly status: number
  readonly body: T
  /** What the registry says of it; empty where it says nothing. */
  readonly reason: string
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'
const REQUEST_MS = 10_000
const TRIES = 4
const RETRY: BackoffLimits = { baseMs: 200, maxMs: 2000 }

/** Requests to a registry: JSON in and out, tried again while it does not answer or answers with a 5xx. */
export class RegistryHttp {
  /** Host and port, for messages. */
  readonly host: string
  readonly origin: string
  readonly #base: string
  readonly #headers: Record<string, string>

  readonly #dispatcher: Agent | null

  constructor({ url, tls, ...account }: RegistryAddress) {
    if (!URL.canParse(url))
      throw new RepError(
        'REP_USAGE',
        'The address of the schema registry is not of the form http://host:port.',
      )
    const { host, origin, pathname, ...inUrl } = new URL(url)
    const username = account.username ?? decodeURIComponent(inUrl.username)
    const password = account.password ?? decodeURIComponent(inUrl.password)
    this.#dispatcher = tls === undefined ? null : new Agent({ connect: { ...tls } })
    this.host = host
    this.origin = origin
    this.#base = origin + pathname.replace(/\/+$/, '')
    this.#headers = { accept: `${MEDIA_TYPE}, application/json`, 'content-type': MEDIA_TYPE }
    if (username !== '') {
      const secret = `${username}:${password}`
      this.#headers.authorization = `Basic ${Buffer.from(secret).toString('base64')}`
    }
  }

  /**
   * Any answer below 500, refusals too; `path` is below the base, or a whole address. Rejects with
   * REP_STORE_UNAVAILABLE after a few tries without one, with REP_ENVIRONMENT where access is refused.
   */
  async ask<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<RegistryAnswer<T>> {
    const url = path.startsWith('/') ? this.#base + path : path
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(method, url, body)
      if (!(answer instanceof Error)) return this.#read<T>(answer)
      if (attempt === TRIES) {
        const message = `The schema registry at ${this.host} does not answer: ${answer.message}`
        throw new RepError('REP_STORE_UNAVAILABLE', message, { cause: answer })
      }
      await sleep(backoffMs(attempt - 1, RETRY))
    }
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    await this.#dispatcher?.close()
  }

  async #send(method: string, url: string, body?: object): Promise<Response | Error> {
    try {
      const response = await fetch(url, {
        method,
        ...(this.#dispatcher === null ? {} : { dispatcher: this.#dispatcher }),
        headers: this.#headers,
        signal: AbortSignal.timeout(REQUEST_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (response.status < 500) return response
      return new Error(`status ${response.status}, ${reasonIn(await response.text())}`)
    } catch (error) {
      // fetch puts what went wrong with the connection into the cause.
      const cause = (error as Error).cause
      return cause instanceof Error && cause.message !== '' ? cause : (error as Error)
    }
  }

  async #read<T>(response: Response): Promise<RegistryAnswer<T>> {
    const { status } = response
    const text = await response.text()
    const reason = reasonIn(text)
    if (status === 401 || status === 403)
      throw new RepError('REP_ENVIRONMENT', `The schema registry at ${this.host} refuses access: ${reason}`)
    return { status, body: parsed(text) as T, reason }
  }
}

function reasonIn(text: string): string {
  const { message } = parsed(text) as { message?: string }
  return message ?? text.slice(0, 500)
}

/** An answer that is no JSON object has no fields. */
function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
