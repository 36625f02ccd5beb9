import type { Redis } from 'ioredis'

const BATCH = 1000

/** True where any of these servers has a key with this prefix. */
export async function hasKeys(servers: readonly Redis[], prefix: string): Promise<boolean> {
  for (const server of servers)
    for await (const keys of keysOf(server, prefix)) if (keys.length > 0) return true
  return false
}

/** Removes every key with this prefix from these servers, however many others there are. */
export async function removeKeys(servers: readonly Redis[], prefix: string): Promise<void> {
  for (const server of servers) {
    for await (const keys of keysOf(server, prefix)) {
      // One key a command: those of a cluster's node are of different slots.
      await Promise.all(keys.map((key) => server.unlink(key)))
    }
  }
}

function keysOf(server: Redis, prefix: string): AsyncIterable<string[]> {
  const match = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`
  return server.scanStream({ match, count: BATCH }) as AsyncIterable<string[]>
}
