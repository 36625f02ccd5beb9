import { expect, test } from 'vitest'
import { createCodec } from '../../../src/domain/codec.ts'
import { ActionSource } from '../../../src/load/action-source.ts'
import { CanarySource, canaryUserOf } from '../../../src/load/canary-source.ts'
import { generateCatalogue } from '../../../src/load/catalogue.ts'
import { EventBatch } from '../../../src/load/event-batch.ts'
import { listEvents } from '../../../src/load/list-events.ts'
import { loadScenario } from './scenario-fixture.ts'

const scenario = loadScenario()
const products = generateCatalogue(scenario.catalogue, scenario.seed)

test('lists actions and inventory changes by due time, with the bytes that a run sends', () => {
  const listed = [...listEvents(scenario, { products })]
  expect(listed.every(({ dueUs }, i) => dueUs >= (listed[i - 1]?.dueUs ?? 0))).toBe(true)
  expect(new Set(listed.map(({ topic }) => topic))).toEqual(
    new Set(['user.action.v1', 'product.inventory.v1']),
  )
  const batch = new EventBatch(listed.length)
  new ActionSource(scenario, { products }).fill(batch, Number.MAX_SAFE_INTEGER)
  const actions = listed.filter(({ topic }) => topic === 'user.action.v1')
  expect(actions.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
    batch.records.map(({ value }) => Buffer.from(value).toString('hex')),
  )
  for (const { key, value } of actions) expect(value).toMatchObject({ userId: key })
})

test('lists no more than asked for', () => {
  expect([...listEvents(scenario, { products, count: 7 })].length).toBe(7)
})

test('canaries are evenly spaced views and likes by users of their own', () => {
  const batch = new EventBatch(100)
  const source = new CanarySource({ ...scenario, warmupMs: 0 }, { products })
  expect(source.fill(batch, Number.MAX_SAFE_INTEGER)).toBe(20)
  const codec = createCodec()
  batch.records.forEach(({ value }, i) => {
    expect(batch.dueUs[i]).toBe(i * 100_000)
    const action = codec.decodeUserAction(value)
    expect(action.userId).toBe(canaryUserOf(i, 3))
    expect(action.actionType).toBe(Math.floor(i / 3) % 2 === 0 ? 'VIEW' : 'LIKE')
    expect(products.map(({ id }) => id)).toContain(action.productId)
  })
})
