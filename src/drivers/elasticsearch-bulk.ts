import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../kernel/backoff.ts'
import { describeError, type ElasticsearchClient, type ElasticsearchError } from './elasticsearch-client.ts'

/** Characters of one request; larger batches are sent in several. */
const REQUEST_CHARS = 8_000_000
/** Times that items are sent which the cluster cannot take now: about three seconds in all. */
const TRIES = 6
const RETRY: BackoffLimits = { baseMs: 100, maxMs: 2000 }
const TOO_BUSY = 429
const CONFLICT = 409
/** How long a bulk waits for a shard that is not ready; less than the client waits for the answer. */
const SHARD_WAIT = '10s'

export interface BulkOptions {
  readonly index: string
  readonly signal?: AbortSignal | undefined
}

/** What became of the actions of a bulk, by position. */
export interface BulkOutcome {
  /** 1 where a document is new. */
  readonly created: Uint8Array
  readonly refused: readonly {
    readonly position: number
    readonly status: number
    readonly reason: string
  }[]
}

interface BulkItem {
  readonly status: number
  readonly result?: string
  readonly error?: ElasticsearchError
}

interface BulkAnswer {
  readonly items: readonly Readonly<Record<string, BulkItem>>[]
}

/**
 * Sends actions, each its lines of JSON with their line ends; null for none at a position. Items that the
 * cluster cannot take now (429, 5xx) are sent again with exponential backoff and jitter, and reject with
 * REP_STORE_UNAVAILABLE when that lasts; a version conflict (409) means that the document is there. Rejects with
 * REP_NOT_FOUND where the index is gone.
 */
export async function sendBulk(
  client: ElasticsearchClient,
  actions: readonly (string | null)[],
  options: BulkOptions,
): Promise<BulkOutcome> {
  const created = new Uint8Array(actions.length)
  const refused: BulkOutcome['refused'][number][] = []
  let waiting: number[] = []
  for (let i = 0; i < actions.length; i++) if (actions[i] !== null) waiting.push(i)
  for (let attempt = 1; waiting.length > 0; attempt++) {
    const busy: number[] = []
    let reason = ''
    for (const positions of requests(actions, waiting)) {
      const { items } = await send(client, positions.map((position) => actions[position]).join(''), options)
      for (const [i, position] of positions.entries()) {
        const { status, result, error } = itemOf(items[i]!)
        if (result === 'created') created[position] = 1
        if (error === undefined || status === CONFLICT) continue
        if (isPassing(status, error)) {
          busy.push(position)
          reason = describeError(error)
        } else refused.push({ position, status, reason: documentFault(error) })
      }
    }
    waiting = busy
    if (busy.length === 0) break
    if (attempt === TRIES) {
      const message = `Elasticsearch at ${client.host} does not take ${busy.length} documents of ${options.index} now: ${reason}`
      throw new RepError('REP_STORE_UNAVAILABLE', message)
    }
    await sleep(backoffMs(attempt - 1, RETRY), undefined, { signal: options.signal })
  }
  return { created, refused: refused.toSorted((a, b) => a.position - b.position) }
}

function send(client: ElasticsearchClient, lines: string, options: BulkOptions): Promise<BulkAnswer> {
  return client.request<BulkAnswer>({
    method: 'POST',
    path: `/${client.prefix}${options.index}/_bulk`,
    // An index that was dropped meanwhile must not come back by itself with a guessed mapping.
    query: {
      require_alias: 'true',
      timeout: SHARD_WAIT,
      filter_path: 'items.*.status,items.*.result,items.*.error',
    },
    lines,
    signal: options.signal,
  })
}

/** True for trouble of the cluster, which is no fault of the document. */
function isPassing(status: number, { type }: ElasticsearchError): boolean {
  return status === TOO_BUSY || status >= 500 || type === 'cluster_block_exception'
}

/** Why a document was refused. Throws where the fault is not the document's: it must not be given up for that. */
function documentFault(error: ElasticsearchError): string {
  if (error.type === 'index_not_found_exception') throw new RepError('REP_NOT_FOUND', describeError(error))
  if (error.type === 'security_exception') throw new RepError('REP_ENVIRONMENT', describeError(error))
  return describeError(error)
}

/** Positions of each request. */
function requests(actions: readonly (string | null)[], waiting: readonly number[]): number[][] {
  const batches: number[][] = []
  let chars = REQUEST_CHARS
  for (const position of waiting) {
    const { length } = actions[position]!
    if (chars + length > REQUEST_CHARS) {
      batches.push([])
      chars = 0
    }
    batches.at(-1)!.push(position)
    chars += length
  }
  return batches
}

function itemOf(item: Readonly<Record<string, BulkItem>>): BulkItem {
  for (const action in item) return item[action]!
  throw new RepError('REP_INTERNAL', 'Elasticsearch answered a bulk request with an empty item.')
}

const PLAIN = /^[\w.:-]*$/

/** The line that makes the next one a document of this id, in place of any that was there. */
export function indexLine(id: string): string {
  return `{"index":{"_id":${quoted(id)}}}\n`
}

/** The line that makes the next one a change of this document. */
export function updateLine(id: string): string {
  return `{"update":{"_id":${quoted(id)},"retry_on_conflict":3}}\n`
}

function quoted(id: string): string {
  return PLAIN.test(id) ? `"${id}"` : JSON.stringify(id)
}
