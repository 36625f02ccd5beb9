import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PipelineSettings } from '../../src/config/scenario.ts'
import { createCodec } from '../../src/domain/codec.ts'
import { ACTION_TYPES } from '../../src/domain/events.ts'
import { PRODUCT_INDEX } from '../../src/domain/indexes.ts'
import { TOPICS, USER_ACTION } from '../../src/domain/topics.ts'
import { formatTraceId } from '../../src/domain/trace-id.ts'
import type { LogRecord } from '../../src/ports/event-log.ts'
import type { Stack } from '../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../src/stacks/embedded.ts'
import { openBehaviorStage } from '../../src/stages/behavior/behavior-stage.ts'
import { openFeatureStage } from '../../src/stages/feature/feature-stage.ts'
import { openPreferenceStage } from '../../src/stages/preference/preference-stage.ts'
import type { StageContext } from '../../src/stages/stage.ts'
import { pipelineSettings } from '../unit/stages/stage-lab.ts'

// CPU of the behavior, preference and feature stages for each action on the embedded stack, by the size of a poll: what
// is in the log is worked off as fast as it goes. Run: node test/bench/stages.ts
const ACTIONS = 100_000
const USERS = 20_000
const PRODUCTS = 5000
const DIMS = 384
const APPEND = 200

/** Close to Zipf with exponent 1: log-uniform ranks. */
const rank = (n: number) => Math.floor(n ** Math.random()) - 1

const codec = createCodec()

function makeBatch(from: number): LogRecord[] {
  return Array.from({ length: APPEND }, (_, i) => {
    const userId = `user-${String(rank(USERS)).padStart(7, '0')}`
    const product = rank(PRODUCTS)
    const value = codec.encodeUserAction({
      traceId: formatTraceId(1_759_276_800_000 + Math.floor((from + i) / 50), 7, from + i),
      userId,
      sessionId: formatTraceId(1_759_276_800_000, 8, from + i),
      actionType: ACTION_TYPES[i % 5 === 0 ? (from + i) % ACTION_TYPES.length : 0]!,
      timestamp: 1_759_276_800_000 + Math.floor((from + i) / 50),
      productId: `product-${product}`,
      category: `category-${product % 40}`,
      price: product / 7,
      query: `shoes ${product % 500}`,
      context: { page: { url: 'https://shop.example/p' }, device: { type: 'mobile' } },
      properties: {},
    })
    return { key: Buffer.from(userId), value, dueUs: from + i }
  })
}

async function fill(stack: Stack): Promise<void> {
  await stack.log.ensureTopics(TOPICS)
  await stack.vectors.ensureIndexes([{ index: PRODUCT_INDEX, dims: DIMS, kind: 'flat' }])
  const items = Array.from({ length: PRODUCTS }, (_, i) => ({
    id: `product-${i}`,
    vector: Float32Array.from({ length: DIMS }, () => Math.random() - 0.5),
    attributes: {},
  }))
  await stack.vectors.upsertMany(PRODUCT_INDEX, items)
  for (let from = 0; from < ACTIONS; from += APPEND) await stack.log.append(USER_ACTION, makeBatch(from))
}

type Open = typeof openBehaviorStage

async function workOff(open: Open, context: StageContext, settings: PipelineSettings) {
  const { stage, consumer } = await open(context, settings)
  const cpu = process.cpuUsage()
  for (;;) {
    const batch = await consumer.poll(0)
    if (batch.length > 0) await stage.handle(batch)
    else if (stage.counters.in >= ACTIONS) break
  }
  await stage.flush()
  const { user, system } = process.cpuUsage(cpu)
  await consumer.close()
  if (stage.counters.out !== ACTIONS) throw new Error(`${stage.name}: ${JSON.stringify(stage.counters)}`)
  return (user + system) / ACTIONS
}

for (const batchRecords of process.argv[2] === undefined ? [250, 2000] : [Number(process.argv[2])]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rep-bench-stages-'))
  const stack = await openEmbeddedStack({ dataDir, dims: DIMS })
  await fill(stack)
  const context: StageContext = {
    stack,
    observer: { done: () => undefined, known: () => undefined },
    log: console.error,
  }
  const { behavior, preference, features, ...rest } = pipelineSettings()
  const settings = {
    ...rest,
    behavior: { ...behavior, batchRecords, dedupeWindow: 10_000 },
    preference: { ...preference, batchRecords, backupMs: 10_000 },
    features: { ...features, batchRecords },
  }
  const behaviorUs = await workOff(openBehaviorStage, context, settings)
  const preferenceUs = await workOff(openPreferenceStage, context, settings)
  const featureUs = await workOff(openFeatureStage, context, settings)
  console.log(
    `polls of ${batchRecords}: behavior ${behaviorUs.toFixed(1)} µs CPU an action, preference ${preferenceUs.toFixed(1)} µs, feature ${featureUs.toFixed(1)} µs`,
  )
  await stack.close()
  rmSync(dataDir, { recursive: true })
}
