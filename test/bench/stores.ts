import { ElasticsearchDocumentIndex } from '../../src/drivers/document-index/elasticsearch.ts'
import { openRedisKeyValue } from '../../src/drivers/key-value/redis.ts'
import { ElasticsearchVectorIndex } from '../../src/drivers/vector-index/elasticsearch.ts'
import { openTemporaryIndexes } from '../fixtures/elasticsearch.ts'

// CPU of this process for each key or document on Redis and Elasticsearch, in the batches that the stages make.
// Needs REP_TEST_REDIS and REP_TEST_ELASTICSEARCH (addresses). Run: node test/bench/stores.ts
const BATCH = 500
const ROUNDS = 60
const WARM_UP = 10
const DIMS = 384
const RECORD_BYTES = 44 + 4 * DIMS + 40

const { REP_TEST_REDIS: redis, REP_TEST_ELASTICSEARCH: elasticsearch } = process.env
if (redis === undefined || elasticsearch === undefined) {
  console.log('skipped: REP_TEST_REDIS and REP_TEST_ELASTICSEARCH are not both set')
} else {
  await benchRedis(redis)
  await benchElasticsearch(elasticsearch)
}

async function benchRedis(url: string): Promise<void> {
  const keyValue = await openRedisKeyValue({ url, prefix: 'rep-bench-' })
  const keys = Array.from({ length: BATCH }, (_, i) => `user:preference:user-${i}`)
  const value = new Uint8Array(RECORD_BYTES)
  const versions = new DataView(value.buffer)
  const entries = keys.map((key) => ({ key, value, ttlMs: 86_400_000 }))
  await keyValue.deleteMany(keys)
  await measure('redis getMany, absent', async () => void (await keyValue.getMany(keys)))
  await measure('redis compareAndSetMany', async (round) => {
    versions.setBigUint64(0, BigInt(round + 1), true)
    const expectedVersion = round === 0 ? null : round
    const set = await keyValue.compareAndSetMany(entries.map((entry) => ({ ...entry, expectedVersion })))
    if (!set.every(Boolean)) throw new Error('a compare-and-set found another version')
  })
  await measure('redis getMany, 1.6 KB each', async () => void (await keyValue.getMany(keys)))
  await measure('redis setMany with a time to live', () => keyValue.setMany(entries))
  const members = keys.slice(0, 100).map((member) => ({ member, score: 1 }))
  await measure('redis rankMany, 100 members', () => keyValue.rankMany('popular', members), members.length)
  await keyValue.deleteMany([...keys, 'popular'])
  await keyValue.close()
}

async function benchElasticsearch(node: string): Promise<void> {
  const { client, close } = openTemporaryIndexes(node)
  const documents = new ElasticsearchDocumentIndex(client)
  await documents.ensureIndexes([{ index: 'd', lookups: ['userId', 'productId'], time: 'timestamp' }])
  await measure('elasticsearch documents', async (round) => {
    const batch = Array.from({ length: BATCH }, (_, i) => behaviour(round * BATCH + i))
    const { rejected } = await documents.upsertMany('d', batch)
    if (rejected.length > 0) throw new Error(rejected[0]!.reason)
  })
  const vectors = new ElasticsearchVectorIndex(client)
  await vectors.ensureIndexes([{ index: 'v', dims: DIMS, kind: 'flat' }])
  const vector = Float32Array.from({ length: DIMS }, () => Math.random() - 0.5)
  const items = Array.from({ length: BATCH }, (_, i) => ({
    id: `user-${i}`,
    vector,
    attributes: { price: i },
  }))
  await measure('elasticsearch vectors, flat', () => vectors.upsertMany('v', items))
  await measure('elasticsearch vectors, getMany', async () => {
    await vectors.getMany(
      'v',
      items.map(({ id }) => id),
    )
  })
  await close()
}

function behaviour(number: number) {
  const id = `018bcfe5-6800-7000-8000-${number.toString(16).padStart(12, '0')}`
  const fields = {
    userId: `user-${number % 20_000}`,
    sessionId: id,
    actionType: 'VIEW',
    productId: `product-${number % 5000}`,
    category: 'category-7',
    price: 12.5,
    query: null,
    timestamp: 1_759_276_800_000 + number,
    partition: number % 12,
    offset: number,
  }
  return { id, fields }
}

/** Prints CPU and wall time for each element of the rounds after the warm-up. */
async function measure(name: string, round: (round: number) => Promise<void>, size = BATCH): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) await round(i)
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  for (let i = WARM_UP; i < ROUNDS; i++) await round(i)
  const { user, system } = process.cpuUsage(cpu)
  const elements = (ROUNDS - WARM_UP) * size
  const cpuUs = (user + system) / elements
  const wallUs = ((performance.now() - startMs) * 1000) / elements
  console.log(
    `${name.padEnd(36)} ${cpuUs.toFixed(2).padStart(8)} µs CPU each ${wallUs.toFixed(1).padStart(8)} µs wall`,
  )
}
