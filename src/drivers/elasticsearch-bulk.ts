import { setTimeout as sleep } from 'node:timers/promises'
import { RepError } from '../errors/rep-error.ts'
import { type BackoffLimits, backoffMs } from '../kernel/backoff.ts'
import { describeError, type ElasticsearchClient, type ElasticsearchError } from './elasticsearch-client.ts'

/** Characters of one request; larger batches are sent in several. */
const REQUEST_CHARS = 8_000_000
/** Times that items are sent which the cluster has no room for: about three seconds in all. */
const TRIES = 6
const RETRY: BackoffLimits = { baseMs: 100, maxMs: 2000 }
const TOO_BUSY = 429
const CONFLICT = 409

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
 * cluster has no room for (429) are sent again with exponential backoff and jitter, and reject with
 * REP_STORE_UNAVAILABLE when it has none for long; a version conflict (409) means that the document is there.
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
        if (status === TOO_BUSY) {
          busy.push(position)
          reason = describeError(error ?? {})
        } else if (result === 'created') created[position] = 1
        else if (error !== undefined && status !== CONFLICT)
          refused.push({ position, status, reason: describeError(error) })
      }
    }
    waiting = busy
    if (busy.length === 0) break
    if (attempt === TRIES) {
      const message = `Elasticsearch at ${client.host} has no room for ${busy.length} documents of ${options.index}: ${reason}`
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
    query: { require_alias: 'true', filter_path: 'items.*.status,items.*.result,items.*.error' },
    lines,
    signal: options.signal,
  })
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
