import { hostOf, type RedisAddress } from './redis-address.ts'
import { connectRedisCluster } from './redis-cluster-connection.ts'
import { connectRedis } from './redis-connection.ts'
import { redisError } from './redis-errors.ts'

/** The wall clock of a Redis server's host: one clock that hosts far apart can compare theirs with. */
export interface RedisClock {
  timeUs(): Promise<number>
  close(): void
}

/** Of a cluster, each key has one server; ask by the same key everywhere. Rejects as connectRedis does. */
export async function openRedisClock(address: RedisAddress, key: string): Promise<RedisClock> {
  const redis =
    address.cluster === undefined ? await connectRedis(address) : await connectRedisCluster(address)
  return {
    async timeUs() {
      try {
        const [seconds, us] = (await redis.eval("return redis.call('TIME')", 1, key)) as [string, string]
        return Number(seconds) * 1e6 + Number(us)
      } catch (error) {
        throw redisError(error, hostOf(address))
      }
    },
    close: () => redis.disconnect(),
  }
}
