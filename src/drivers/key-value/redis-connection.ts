import { Redis, type RedisOptions } from 'ioredis'
import { backoffMs } from '../../kernel/backoff.ts'
import { hostOf, nodeOf, type RedisAddress } from './redis-address.ts'
import { redisError } from './redis-errors.ts'

export const CONNECT_MS = 5000
/** A server that has not answered for so long is taken for gone; a shorter pause only delays the answers. */
const SILENCE_MS = 15_000
export const RECONNECT = { baseMs: 50, maxMs: 1000 }

type Options = Omit<RedisOptions, 'replyMapping'>

/** What every connection has, also those of a cluster's nodes. */
export function connectionOptions({ username, password, tls }: RedisAddress): Options {
  return {
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The script of a batch needs no MULTI and no subscriptions: the older protocol has the cheaper replies.
    protocol: 2,
    disableClientInfo: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  }
}

/**
 * A connection that comes back by itself, to the one server or to the one that the sentinels call the master.
 * While it is down every command fails at once, nothing is queued, and nothing that was under way is sent
 * twice: whoever holds the batch decides to repeat it. Rejects with REP_STORE_UNAVAILABLE where nothing
 * answers, with REP_ENVIRONMENT where the server refuses the password.
 */
export async function connectRedis(address: RedisAddress): Promise<Redis> {
  const host = hostOf(address)
  const { url, database } = address
  let opened = false
  const options: Options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: (times) => backoffMs(times - 1, RECONNECT),
    ...connectionOptions(address),
    ...sentinelOptions(address),
    // The first time one pass over the sentinels says whether they are there; later they are asked until they are.
    sentinelRetryStrategy: (times) => (opened ? backoffMs(times - 1, RECONNECT) : null),
    ...(database === undefined ? {} : { db: database }),
  }
  const redis = url === undefined ? new Redis(options) : new Redis(url, options)
  let last: unknown
  redis.on('error', (error: unknown) => {
    last = error
  })
  try {
    await redis.connect()
    opened = true
  } catch (error) {
    redis.disconnect()
    throw redisError(last ?? error, host)
  }
  reportState(redis, host, address)
  return redis
}

function sentinelOptions({ sentinel, tls }: RedisAddress): Options {
  if (sentinel === undefined) return {}
  const { name, nodes, username, password } = sentinel
  return {
    name,
    sentinels: nodes.map(nodeOf),
    // A master that was made a replica keeps its connections: asking the sentinels again finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls === undefined ? {} : { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
  }
}

function reportState(redis: Redis, host: string, { log }: RedisAddress): void {
  if (log === undefined) return
  let up = true
  redis.on('close', () => {
    if (up && redis.status !== 'end') log(`redis: connection to ${host} lost, trying to reconnect`)
    up = false
  })
  redis.on('ready', () => {
    if (!up) log(`redis: connected to ${host} again`)
    up = true
  })
}
