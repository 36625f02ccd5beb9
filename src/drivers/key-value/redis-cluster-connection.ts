import { Cluster, type Redis, ReplyError } from 'ioredis'
import { backoffMs } from '../../kernel/backoff.ts'
import { hostOf, nodeOf, type RedisAddress } from './redis-address.ts'
import { CONNECT_MS, connectionOptions, RECONNECT } from './redis-connection.ts'
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
    slotsRefreshTimeout: CONNECT_MS,
    redisOptions: connectionOptions(address),
  })
  let refusal: unknown
  cluster.on('error', () => undefined)
  cluster.on('node error', (error: unknown) => {
    if (error instanceof ReplyError) refusal = error
  })
  try {
    await cluster.connect()
    // The client connects to a node at the first command for it, and refuses what comes until that is done. A
    // node that joins later costs a batch that way, which its holder repeats.
    await Promise.all(cluster.nodes('master').map(connectNode))
  } catch (error) {
    cluster.disconnect()
    throw redisError(refusal ?? innermost(error), hostOf(address))
  }
  reportState(cluster, address)
  return cluster
}

/** The client says that no node could be asked; why is in the last node's error. */
export function innermost(error: unknown): unknown {
  const { lastNodeError } = error as { lastNodeError?: unknown }
  return lastNodeError ?? error
}

async function connectNode(node: Redis): Promise<void> {
  // A node that is down is the trouble of the commands that need it; the others go on.
  await node.ping().catch(() => undefined)
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
