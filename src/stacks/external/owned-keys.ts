import type { RedisStore } from '../../drivers/key-value/redis.ts'

/** Present where the keys with the prefix are rep's: nothing else about a key says who set it. */
const MARKER = 'owner'

/** Whose the keys with the store's prefix are. */
export async function keysState(store: RedisStore): Promise<'missing' | 'owned' | 'foreign'> {
  const [marker] = await store.getMany([MARKER])
  if (marker !== null && marker !== undefined) return 'owned'
  return (await store.hasKeys()) ? 'foreign' : 'missing'
}

/** Takes the prefix for rep's keys. */
export async function markKeys(store: RedisStore): Promise<void> {
  const note = JSON.stringify({ createdBy: 'rep', createdAt: new Date().toISOString() })
  await store.setMany([{ key: MARKER, value: Buffer.from(note) }])
}
