import { Redis, ReplyError } from 'ioredis'
import { RepError } from '../../errors/rep-error.ts'
import { backoffMs } from '../../kernel/backoff.ts'

export interface RedisAddress {
  /** `redis://` or `rediss://` with host, port, and optionally user, password and database. */
  readonly url: string
  /** Told in one line when the connection is lost and when it is back; not once an attempt. */
  readonly log?: (line: string) => void
}

const CONNECT_MS = 5000
/** A server that has not answered for so long is taken for gone; a shorter pause only delays the answers. */
const SILENCE_MS = 15_000
const RECONNECT = { baseMs: 50, maxMs: 1000 }

/** Replies that mean "not now": the same command may go through later. */
const PASSING = /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|NOREPLICAS|MISCONF|NOSCRIPT)\b/

/** What the client says of a lost connection is about its own options. */
function inPlainWords(message: string): string {
  if (message.startsWith("Stream isn't writeable")) return 'there is no connection'
  return message.startsWith('Reached the max retries') ? 'the connection broke' : message
}

/**
 * A connection that comes back by itself. While it is down every command fails at once, nothing is queued,
 * and nothing that was under way is sent twice: whoever holds the batch decides to repeat it. Rejects with
 * REP_STORE_UNAVAILABLE where nothing answers, with REP_ENVIRONMENT where the server refuses the password.
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  const redis = new Redis(address.url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The script of a batch needs no MULTI and no subscriptions: the older protocol has the cheaper replies.
    protocol: 2,
    disableClientInfo: true,
    retryStrategy: (times) => backoffMs(times - 1, RECONNECT),
  })
  let last: unknown
  redis.on('error', (error: unknown) => {
    last = error
  })
  try {
    await redis.connect()
  } catch (error) {
    redis.disconnect()
    throw redisError(last ?? error, hostOf(address.url))
  }
  reportState(redis, address)
  return redis
}

/** What a failed command becomes: trouble with the connection, a passing refusal, or a fault of ours. */
export function redisError(error: unknown, host: string): RepError {
  if (error instanceof RepError) return error
  const message = error instanceof Error ? inPlainWords(error.message) : String(error)
  if (!(error instanceof ReplyError) || PASSING.test(message)) {
    return new RepError('REP_STORE_UNAVAILABLE', `Redis at ${host} does not take commands: ${message}`, {
      cause: error,
    })
  }
  const code = /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message) ? 'REP_ENVIRONMENT' : 'REP_INTERNAL'
  return new RepError(code, `Redis at ${host} refused a command: ${message}`, { cause: error })
}

/** Host and port of an address, without its secrets. */
export function hostOf(url: string): string {
  try {
    const { hostname, port } = new URL(url)
    return `${hostname}:${port || '6379'}`
  } catch {
    throw new RepError('REP_USAGE', 'The address of Redis is not of the form redis://host:port.')
  }
}

function reportState(redis: Redis, { url, log }: RedisAddress): void {
  if (log === undefined) return
  let up = true
  redis.on('close', () => {
    if (up && redis.status !== 'end') log(`redis: connection to ${hostOf(url)} lost, trying to reconnect`)
    up = false
  })
  redis.on('ready', () => {
    if (!up) log(`redis: connected to ${hostOf(url)} again`)
    up = true
  })
}
