import { readFileSync } from 'node:fs'
import { openStack } from '../../src/app/open-stack.ts'
import { createCodec } from '../../src/domain/codec.ts'
import { ACTION_TYPES } from '../../src/domain/events.ts'
import { PRODUCT_INDEX } from '../../src/domain/indexes.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import { resetServices } from '../../src/stacks/reset-services.ts'
import { openBehaviorStage } from '../../src/stages/behavior/behavior-stage.ts'
import { openPreferenceStage } from '../../src/stages/preference/preference-stage.ts'
import { pipelineSettings } from '../unit/stages/stage-lab.ts'

const ACTIONS = Number(process.argv[4] ?? 200_000)
const USERS = 50_000
const PRODUCTS = 5000
const DIMS = 384
const APPEND = 500
const POLL = Number(process.argv[3] ?? 500)
const description = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
const only = process.argv[5]
const rank = (n: number) => Math.floor(n ** Math.random()) - 1
await resetServices(description)
const stack = await openStack({
  kind: 'services',
  description,
  kafkaClient: 'platformatic',
  dims: DIMS,
  schemaIds: null,
} as never)
const codec = createCodec(stack.schemaIds)
await stack.log.ensureTopics(TOPICS)
await stack.vectors.ensureIndexes([{ index: PRODUCT_INDEX, dims: DIMS, kind: 'flat' }])
await stack.vectors.upsertMany(
  PRODUCT_INDEX,
  Array.from({ length: PRODUCTS }, (_, i) => ({
    id: `product-${i}`,
    vector: Float32Array.from({ length: DIMS }, () => Math.random() - 0.5),
    attributes: {},
  })),
)
function makeBatch(from: number) {
  return Array.from({ length: APPEND }, (_, i) => {
    const userId = `user-${String(rank(USERS)).padStart(7, '0')}`
    const product = rank(PRODUCTS)
    const value = codec.encodeUserAction({
      traceId: formatTraceId(1_796_276_800_000 + Math.floor((from + i) / 50), 7, from + i),
      userId,
      sessionId: formatTraceId(1_796_276_800_000, 8, from + i),
      actionType: ACTION_TYPES[i % 5 === 0 ? (from + i) % ACTION_TYPES.length : 0]!,
      timestamp: 1_796_276_800_000 + Math.floor((from + i) / 50),
      productId: `product-${product}`,
      category: `category-${product % 40}`,
      price: product / 7,
      query: null as never,
      context: { page: { url: 'https://shop.example/p' }, device: { type: 'mobile' } },
      properties: {},
    })
    return { key: Buffer.from(userId), value, dueUs: from + i }
  })
}
const cpuOf = () =>
  Object.fromEntries(
    Object.entries(description.services).map(([n, s]) => {
      const f = readFileSync(`/proc/${(s as { pid: number }).pid}/stat`, 'utf8')
        .split(') ')[1]!
        .split(' ')
      return [n, (Number(f[11]) + Number(f[12])) / 100]
    }),
  ) as Record<string, number>
const batches = Array.from({ length: ACTIONS / APPEND }, (_, k) => makeBatch(k * APPEND))
async function measured(name: string, work: () => Promise<void>) {
  const before = cpuOf()
  const cpu = process.cpuUsage()
  const t = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const after = cpuOf()
  const per = (s: number) => ((s / ACTIONS) * 1e4).toFixed(3)
  console.log(
    name.padEnd(12),
    'rep',
    per((user + system) / 1e6),
    ['kafka', 'elasticsearch', 'redis'].map((n) => `${n} ${per(after[n]! - before[n]!)}`).join(' '),
    `${Math.round((ACTIONS / (performance.now() - t)) * 1e3)}/s`,
  )
}
await measured('append', async () => {
  const fly = new Set<Promise<unknown>>()
  for (const b of batches) {
    const p = stack.log.append(USER_ACTION, b).finally(() => fly.delete(p))
    fly.add(p)
    if (fly.size >= 8) await Promise.race(fly)
  }
  await Promise.all(fly)
})
batches.length = 0
const context = {
  stack,
  observer: { done: () => undefined, known: () => undefined },
  log: console.error,
} as never
const { behavior, preference, ...rest } = pipelineSettings()
const settings = {
  ...rest,
  behavior: { ...behavior, flushDocuments: POLL, batchRecords: POLL, dedupeWindow: 10_000 },
  preference: { ...preference, batchRecords: POLL, backupMs: 120_000 },
}
for (const [name, open] of [
  ['behavior', openBehaviorStage],
  ['preference', openPreferenceStage],
] as const) {
  if (only !== undefined && only !== name) continue
  await measured(name, async () => {
    const { stage, consumer } = await open(context, settings)
    for (;;) {
      const batch = await consumer.poll(20)
      if (batch.length > 0) await stage.handle(batch)
      else if (stage.counters.in >= ACTIONS) break
    }
    await stage.flush()
    await consumer.close()
    if (stage.counters.out !== ACTIONS) console.log(JSON.stringify(stage.counters))
  })
}
await stack.close()
