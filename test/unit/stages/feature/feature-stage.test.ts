import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCodec } from '../../../../src/domain/codec.ts'
import type { UserAction, UserPattern } from '../../../../src/domain/events.ts'
import { DEFAULT_FEATURES } from '../../../../src/domain/features/default-definitions.ts'
import { featuresKey, recentKey, stateKey } from '../../../../src/domain/features/feature-keys.ts'
import { decodeUserState, encodeUserState } from '../../../../src/domain/features/user-state-codec.ts'
import { USER_PATTERN } from '../../../../src/domain/topics.ts'
import { FEATURE_GROUP, openFeatureStage } from '../../../../src/stages/feature/feature-stage.ts'
import {
  action,
  appendActions,
  handleAll,
  inFlight,
  openStageLab,
  pipelineSettings,
  type StageLab,
  uncommitted,
} from '../stage-lab.ts'

const MINUTE = 60_000
const START = 1_767_603_600_000
let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

function open(definitions = DEFAULT_FEATURES) {
  const settings = pipelineSettings()
  return openFeatureStage(lab.context, { features: { ...settings.features, definitions } })
}

/** Actions of user u1, at minutes after the start. */
function at(minutes: number, sequence: number, changes: Partial<UserAction>): UserAction {
  return action(sequence, { timestamp: START + minutes * MINUTE, ...changes })
}

async function features(userId = 'u1') {
  const [fields] = await lab.stack.keyValue.getHashes([featuresKey(userId)])
  const [recent] = await lab.stack.keyValue.getLists([recentKey(userId)])
  return { fields, recent }
}

async function patterns(): Promise<UserPattern[]> {
  const { decodeUserPattern } = createCodec()
  const found: UserPattern[] = []
  for (const { partition } of await lab.stack.log.offsets(USER_PATTERN)) {
    const records = await lab.stack.log.read({ topic: USER_PATTERN, partition, offset: 0 }, 1000)
    found.push(...records.map(({ value }) => decodeUserPattern(value)))
  }
  return found
}

test('stores the features as a hash and the recent products as a list', async () => {
  const opened = await open()
  await appendActions(lab.stack, [
    at(0, 1, { productId: 'p0', category: 'shoes', price: 10 }),
    at(1, 2, { productId: 'p1', category: 'shoes', price: 30 }),
    at(2, 3, { actionType: 'CLICK', productId: 'p0', category: 'lamps', price: 99 }),
  ])
  await handleAll(opened)
  const { fields, recent } = await features()
  expect(fields).toMatchObject({
    avg_viewed_price_10m: '20',
    top_category_30m: 'shoes',
    pattern_detected: 'none',
    session_start: String(START),
    session_length_ms: String(2 * MINUTE),
    session_events: '3',
    session_view: '2',
    session_click: '1',
    session_closed: 'false',
    as_of: String(START + 2 * MINUTE),
    late_events: '0',
  })
  expect(recent).toEqual(['p0', 'p1'])
  expect(await uncommitted(lab.stack, FEATURE_GROUP)).toBe(0)
  expect(opened.stage.counters).toMatchObject({ in: 3, out: 3 })
  await opened.consumer.close()
})

test('takes the category from the catalogue where the action names none', async () => {
  const opened = await open()
  await appendActions(lab.stack, [at(0, 1, { productId: 'p2', category: null })])
  await handleAll(opened)
  expect((await features()).fields?.top_category_30m).toBe('c')
  await opened.consumer.close()
})

test('an abandoned cart is found in silence, once, also by who takes over', async () => {
  const definitions = {
    ...DEFAULT_FEATURES,
    latenessMs: 0,
    patterns: DEFAULT_FEATURES.patterns.map((pattern) =>
      pattern.kind === 'absence' ? { ...pattern, withinMs: 50 } : pattern,
    ),
  }
  const first = await open(definitions)
  await appendActions(lab.stack, [at(0, 1, { actionType: 'ADD_TO_CART', productId: 'p1' })])
  await handleAll(first)
  await first.consumer.close()
  // Nobody was there when the time was over.
  const second = await open(definitions)
  const found = await until(async () => {
    await second.consumer.poll(10)
    await second.stage.idle()
    const all = await patterns()
    return all.length > 0 ? all : null
  })
  expect(found).toMatchObject([
    {
      userId: 'u1',
      pattern: 'cart_abandonment_risk',
      beganAt: START,
      detectedAt: START + 50,
      productIds: ['p1'],
      remind: true,
    },
  ])
  expect((await features()).fields?.pattern_detected).toBe('cart_abandonment_risk')
  await second.consumer.close()
  const third = await open(definitions)
  await appendActions(lab.stack, [at(20, 2, { productId: 'p1' })])
  await handleAll(third)
  expect(await patterns()).toHaveLength(1)
  await third.consumer.close()
})

test('counts late events, drops repeated ones, and leaves undecodable records to the behavior stage', async () => {
  const opened = await open()
  await appendActions(lab.stack, [
    at(5, 1, {}),
    at(5, 1, {}),
    new Uint8Array([9, 9, 9, 9, 9, 9]),
    at(0, 2, { price: 1000 }),
  ])
  await handleAll(opened)
  const { fields } = await features()
  expect(fields).toMatchObject({ avg_viewed_price_10m: '10', session_events: '1', late_events: '1' })
  expect(opened.stage.counters).toMatchObject({ in: 4, out: 2, duplicates: 1, rejected: 1 })
  expect(inFlight(opened.stage)).toBe(0)
  expect(await uncommitted(lab.stack, FEATURE_GROUP)).toBe(0)
  await opened.consumer.close()
})

test('a partition of undecodable records alone is committed too', async () => {
  const opened = await open()
  await appendActions(lab.stack, [new Uint8Array([1]), new Uint8Array([2])])
  await handleAll(opened)
  expect(await uncommitted(lab.stack, FEATURE_GROUP)).toBe(0)
  await opened.consumer.close()
})

test('what was stored without its offset is not applied twice', async () => {
  const opened = await open()
  await appendActions(lab.stack, [at(0, 1, {}), at(1, 2, {})])
  const batch = await opened.consumer.poll(50)
  await opened.stage.handle(batch)
  // A member that read the same records before its partitions went elsewhere.
  await opened.stage.handle(batch.slice())
  expect((await features()).fields?.session_events).toBe('2')
  expect(opened.stage.counters).toMatchObject({ in: 4, out: 2, duplicates: 2 })
  await opened.consumer.close()
})

test('a state that another member changed is read again before it is changed', async () => {
  const opened = await open()
  await appendActions(lab.stack, [at(0, 1, {})])
  await handleAll(opened)
  const { keyValue } = lab.stack
  const [bytes] = await keyValue.getMany([stateKey('u1')])
  const { state, version } = decodeUserState(bytes!, DEFAULT_FEATURES.patterns.length)
  state.late = 7
  await keyValue.compareAndSetMany([
    { key: stateKey('u1'), value: encodeUserState(state, version + 1), expectedVersion: version },
  ])
  await appendActions(lab.stack, [at(1, 2, {})])
  await handleAll(opened)
  expect((await features()).fields).toMatchObject({ session_events: '2', late_events: '7' })
  expect(opened.stage.counters).toMatchObject({ in: 2, out: 2, duplicates: 0 })
  await opened.consumer.close()
})

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const limit = Date.now() + 30_000
  while (Date.now() < limit) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error('nothing within 30 s')
}
