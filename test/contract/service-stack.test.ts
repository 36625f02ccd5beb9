import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UserActionFlat } from '../../src/domain/codec.ts'
import { createCodec } from '../../src/domain/codec.ts'
import type { Notification } from '../../src/domain/events.ts'
import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../../src/domain/indexes.ts'
import { ElasticsearchClient } from '../../src/drivers/elasticsearch-client.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openServiceStack, type ServiceStackOptions } from '../../src/stacks/native-drivers.ts'
import { behaviorDocument } from '../../src/stages/behavior/behavior-document.ts'
import { BEHAVIOR_INDEX_SPEC } from '../../src/stages/behavior-index.ts'
import { HISTORY_INDEX_SPEC, historyDocument } from '../../src/stages/notify/history.ts'
import { backupItem, restorePreference } from '../../src/stages/preference/preference-backup.ts'
import { describeService, uniquePrefix } from '../fixtures/native-service.ts'
import { removeSubjects } from '../fixtures/schema-registry.ts'

const DIMS = 16
const TRACE = '018bcfe5-6800-7000-8000-000000000001'

describeService('REP_TEST_REDIS', (redis) =>
  describeService('REP_TEST_ELASTICSEARCH', (elasticsearch) =>
    describeService('REP_TEST_REGISTRY', (registry) =>
      describe('the stack of real services, its event log embedded', () => {
        const prefix = uniquePrefix()
        const addresses = { name: 'native', dims: DIMS, prefix, redis, elasticsearch, registry }
        const directories: string[] = []
        let stack: Stack
        beforeAll(async () => {
          stack = await open({})
          const { documents, vectors } = stack
          await documents.ensureIndexes([BEHAVIOR_INDEX_SPEC, HISTORY_INDEX_SPEC])
          await vectors.ensureIndexes([
            { index: PRODUCT_INDEX, dims: DIMS, kind: 'hnsw' },
            { index: USER_PREFERENCE_INDEX, dims: DIMS, kind: 'flat' },
          ])
        })
        afterAll(async () => {
          await stack.close()
          await removeIndexes(elasticsearch, prefix)
          await removeSubjects(registry, [prefix])
          for (const directory of directories) await rm(directory, { recursive: true, force: true })
        })

        test('the mappings take what the stages write, and nothing else', async () => {
          const full = behaviorDocument(
            userAction({ productId: 'p', category: 'c', price: 1, query: 'q' }),
            1,
            2,
          )
          const bare = { ...behaviorDocument(userAction({}), 3, 4), id: 'bare' }
          const odd = { id: 'odd', fields: { ...full.fields, unknown: 1 } }
          const upserted = await stack.documents.upsertMany(BEHAVIOR_INDEX_SPEC.index, [full, bare, odd])
          expect([...upserted.created]).toEqual([1, 1, 0])
          expect(upserted.rejected).toEqual([
            { position: 2, reason: expect.stringMatching(/strict.*unknown/s) },
          ])
          const delivery = { status: 'failed', attempts: 2, reason: 'no answer' } as const
          const entry = historyDocument(notification, delivery, { partition: 1, offset: 2 })
          const history = await stack.documents.upsertMany(HISTORY_INDEX_SPEC.index, [entry])
          expect(history.rejected).toEqual([])
          expect(await stack.documents.getMany(HISTORY_INDEX_SPEC.index, [TRACE])).toEqual([entry.fields])
        })

        test('a preference that was backed up is restored as it was', async () => {
          const vector = Float32Array.from({ length: DIMS }, (_, i) => Math.fround(Math.sin(i) / 4))
          const record = {
            offset: 7,
            partition: 3,
            actionCount: 9,
            updatedAtMs: 1_759_276_800_000.5,
            lastTraceId: TRACE,
            vector,
            recentPurchases: ['p1', 'p2'],
          }
          await stack.vectors.upsertMany(USER_PREFERENCE_INDEX, [backupItem('u1', record)])
          const [item] = await stack.vectors.getMany(USER_PREFERENCE_INDEX, ['u1'])
          expect(restorePreference(item!, new Float32Array(DIMS))).toEqual(record)
        })

        test('products are found by vector and attributes', async () => {
          const { rows: vectors } = await stack.embedder.embed(['red shoes', 'green tea'])
          const items = ['red shoes', 'green tea'].map((name, i) => ({
            id: `p${i}`,
            vector: vectors.subarray(i * DIMS, (i + 1) * DIMS),
            attributes: { name, category: 'c', price: 10 + i, stock: i },
          }))
          await stack.vectors.upsertMany(PRODUCT_INDEX, items)
          await stack.vectors.refresh(PRODUCT_INDEX)
          const query = { vector: items[0]!.vector, k: 2 }
          const hits = await stack.vectors.search(PRODUCT_INDEX, query)
          expect(hits.map(({ id }) => id)).toEqual(['p0', 'p1'])
          expect(hits[0]!.attributes).toEqual(items[0]!.attributes)
          const inStock = await stack.vectors.search(PRODUCT_INDEX, { ...query, filter: { inStock: true } })
          expect(inStock.map(({ id }) => id)).toEqual(['p1'])
        })

        test('names the versions of servers and clients', async () => {
          const versions = await stack.describe()
          for (const name of ['redis', 'elasticsearch', 'ioredis', '@elastic/elasticsearch'])
            expect(versions[name]).toMatch(/^\d+\.\d+/)
          expect(versions).toMatchObject({
            'schema registry': expect.stringMatching(/\d+\.\d+/),
            'event log': 'lmdb',
          })
        })

        test('another thread with the ids of the first does not need the registry', async () => {
          const { schemaIds } = stack
          const another = await open({ schemaIds, registry: 'http://127.0.0.1:1' })
          const { encodeNotification } = createCodec(schemaIds)
          const { decodeNotification } = createCodec(another.schemaIds)
          expect(decodeNotification(encodeNotification(notification))).toEqual(notification)
          expect(await another.describe()).toMatchObject({ 'schema registry': 'not reachable' })
          await another.close()
        })

        test('effects come before offsets; where they fail, nothing is committed', async () => {
          const steps: string[] = []
          const step = (name: string) => async () => {
            await Promise.resolve()
            steps.push(name)
          }
          await stack.settlement.settle(step('effects'), step('commit'))
          expect(steps).toEqual(['effects', 'commit'])
          const failing = () => Promise.reject(new Error('no room'))
          await expect(stack.settlement.settle(failing, step('commit'))).rejects.toThrow('no room')
          expect(steps).toHaveLength(2)
        })

        async function open(changes: Partial<ServiceStackOptions>): Promise<Stack> {
          const dataDir = await mkdtemp(join(tmpdir(), 'rep-service-stack-'))
          directories.push(dataDir)
          const { log } = await openEmbeddedStack({ dataDir, dims: DIMS })
          return openServiceStack({ ...addresses, eventLog: log, ...changes })
        }
      }),
    ),
  ),
)

const notification: Notification = {
  traceId: TRACE,
  userId: 'u1',
  productId: 'p1',
  kind: 'PRICE_DROP',
  channel: 'PUSH',
  title: 'Cheaper',
  body: 'Red shoes cost 9 now.',
  causeTraceId: TRACE,
  createdAt: 1_759_276_800_000,
}

function userAction(changes: Partial<UserActionFlat>): UserActionFlat {
  return {
    traceId: TRACE,
    userId: 'u1',
    sessionId: 's1',
    actionType: 'SEARCH',
    timestamp: 1_759_276_800_000,
    productId: null,
    category: null,
    price: null,
    query: null,
    ...changes,
  }
}

async function removeIndexes(node: string, prefix: string): Promise<void> {
  const client = new ElasticsearchClient({ node })
  const indexes = await client.request<Record<string, unknown>>({ method: 'GET', path: `/${prefix}*` })
  for (const index of Object.keys(indexes)) await client.request({ method: 'DELETE', path: `/${index}` })
  await client.close()
}
