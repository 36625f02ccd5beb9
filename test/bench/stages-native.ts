import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStack } from '../../src/app/open-stack.ts'
import { createCodec } from '../../src/domain/codec.ts'
import { ACTION_TYPES } from '../../src/domain/events.ts'
import { PRODUCT_INDEX } from '../../src/domain/indexes.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import type { LogRecord } from '../../src/ports/event-log.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { resetServices } from '../../src/stacks/reset-services.ts'
import type { StackDescription } from '../../src/stacks/stack-description.ts'
import { openBehaviorStage } from '../../src/stages/behavior/behavior-stage.ts'
import { openPreferenceStage } from '../../src/stages/preference/preference-stage.ts'
import type { StageContext } from '../../src/stages/stage.ts'
import { pipelineSettings } from '../unit/stages/stage-lab.ts'

// CPU seconds of rep and of each service for 10,000 actions: appended, then worked off by the behavior and the
// preference stage, as fast as they go. EMPTIES a stack that `rep up --stack native` started:
//   REP_HOME=DIR node test/bench/stages-native.ts [RECORDS OF A POLL]
const ACTIONS = 200_000
const USERS = 50_000
const PRODUCTS = 5000
const DIMS = 384
const APPEND = 500
const IN_FLIGHT = 8
const POLL = Number(process.argv[2] ?? 500)
const FROM_MS = 1_796_276_800_000

/** Close to Zipf with exponent 1: log-uniform ranks. */
const rank = (n: number) => Math.floor(n ** Math.random()) - 1

function makeBatch(codec: ReturnType<typeof createCodec>, from: number): LogRecord[] {
  return Array.from({ length: APPEND }, (_, i) => {
    const n = from + i
    const userId = `user-${String(rank(USERS)).padStart(7, '0')}`
    const product = rank(PRODUCTS)
    const timestamp = FROM_MS + Math.floor(n / 50)
    const value = codec.encodeUserAction({
      traceId: formatTraceId(timestamp, 7, n),
      userId,
      sessionId: formatTraceId(FROM_MS, 8, n),
      actionType: ACTION_TYPES[i % 5 === 0 ? n % ACTION_TYPES.length : 0]!,
      timestamp,
      productId: `product-${product}`,
      category: `category-${product % 40}`,
      price: product / 7,
      query: `shoes ${product % 500}`,
      context: { page: { url: 'https://shop.example/p' }, device: { type: 'mobile' } },
      properties: {},
    })
    return { key: Buffer.from(userId), value, dueUs: n }
  })
}

async function appendAll(stack: Stack, batches: readonly LogRecord[][]): Promise<void> {
  const flying = new Set<Promise<unknown>>()
  for (const batch of batches) {
    const append = stack.log.append(USER_ACTION, batch).finally(() => flying.delete(append))
    flying.add(append)
    if (flying.size >= IN_FLIGHT) await Promise.race(flying)
  }
  await Promise.all(flying)
}

type Open = typeof openBehaviorStage

async function workOff(open: Open, stack: Stack): Promise<void> {
  const context: StageContext = {
    stack,
    observer: { done: () => undefined, known: () => undefined },
    log: console.error,
  }
  const { behavior, preference, ...rest } = pipelineSettings()
  const { stage, consumer } = await open(context, {
    ...rest,
    behavior: { ...behavior, flushDocuments: POLL, batchRecords: POLL, dedupeWindow: 10_000 },
    preference: { ...preference, batchRecords: POLL, backupMs: 120_000 },
  })
  for (;;) {
    const batch = await consumer.poll(20)
    if (batch.length > 0) await stage.handle(batch)
    else if (stage.counters.in >= ACTIONS) break
  }
  await stage.flush()
  await consumer.close()
  if (stage.counters.out !== ACTIONS) throw new Error(`${stage.name}: ${JSON.stringify(stage.counters)}`)
}

const home = process.env.REP_HOME
if (home === undefined) {
  console.log('Skipped: needs REP_HOME, the data directory of services started by rep up --stack native.')
  process.exit(0)
}
const description = JSON.parse(
  readFileSync(join(home, 'stacks/native/stack.json'), 'utf8'),
) as StackDescription

/** User and system time of each service so far, in Linux' clock ticks of 10 ms. */
function serviceSeconds(): Map<string, number> {
  const seconds = new Map<string, number>()
  for (const [name, { pid }] of Object.entries(description.services)) {
    if (pid === null) continue
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    seconds.set(name, (Number(fields[11]) + Number(fields[12])) / 100)
  }
  return seconds
}

async function measured(name: string, work: () => Promise<void>): Promise<void> {
  const before = serviceSeconds()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const each = (seconds: number) => ((seconds / ACTIONS) * 1e4).toFixed(3)
  const services = [...serviceSeconds()].map(([it, seconds]) => `${it} ${each(seconds - before.get(it)!)}`)
  console.log(
    `${name}, polls of ${POLL}: CPU s per 10,000 actions: rep ${each((user + system) / 1e6)}, ${services.join(', ')}`,
  )
}

await resetServices(description)
const stack = await openStack({
  kind: 'services',
  description,
  kafkaClient: 'platformatic',
  dims: DIMS,
  schemaIds: null,
})
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
const codec = createCodec(stack.schemaIds)
const batches = Array.from({ length: ACTIONS / APPEND }, (_, i) => makeBatch(codec, i * APPEND))
await measured('append', () => appendAll(stack, batches))
await measured('behavior', () => workOff(openBehaviorStage, stack))
await measured('preference', () => workOff(openPreferenceStage, stack))
await stack.close()
