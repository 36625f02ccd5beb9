import { Cluster } from 'ioredis'
import { backoffMs } from '../../kernel/backoff.ts'
import { hostOf, nodeOf, type RedisAddress } from './redis-address.ts'
import { connectionOptions, RECONNECT } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'

/**
 * Connections to every master of a Redis Cluster, which follow its slots and come back by themselves. What was
 * under way when one broke is not sent twice; what a node sends on to another (MOVED, ASK) was not done there.
 * Rejects as connectRedis does.
 */
export async function connectRedisCluster(address: RedisAddress): Promise<Cluster> {
  const cluster = new Cluster((address.cluster ?? []).map(nodeOf), {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: (times) => backoffMs(times - 1, RECONNECT),
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: connectionOptions(address),
  })
  let last: unknown
  cluster.on('error', (error: unknown) => {
    last = error
  })
  try {
    await cluster.connect()
  } catch (error) {
    cluster.disconnect()
    throw redisError(innermost(last ?? error), hostOf(address))
  }
  reportState(cluster, address)
  return cluster
}

/** The client says that no node could be asked; why is in the last node's error. */
export function innermost(error: unknown): unknown {
  const { lastNodeError } = error as { lastNodeError?: unknown }
  return lastNodeError ?? error
}

function reportState(cluster: Cluster, address: RedisAddress): void {
  const { log } = address
  if (log === undefined) return
  let up = true
  cluster.on('close', () => {
    if (up && cluster.status !== 'end')
      log(`redis: no node of ${hostOf(address)} answers, trying to reconnect`)
    up = false
  })
  cluster.on('ready', () => {
    if (!up) log(`redis: connected to ${hostOf(address)} again`)
    up = true
  })
}
