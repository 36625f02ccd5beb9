import { describe, expect, test } from 'vitest'
import { createCodec } from '../../../src/domain/codec.ts'
import { ACTION_TYPES, type UserAction } from '../../../src/domain/events.ts'
import { runTag, sequenceOf } from '../../../src/domain/trace-id.ts'
import { ActionSource } from '../../../src/load/action-source.ts'
import { generateCatalogue } from '../../../src/load/catalogue.ts'
import { EventBatch } from '../../../src/load/event-batch.ts'
import { loadScenario } from './scenario-fixture.ts'

type Scenario = ReturnType<typeof loadScenario>

function actionsOf(scenario: Scenario): { dueUs: number; action: UserAction }[] {
  const products = generateCatalogue(scenario.catalogue, scenario.seed)
  const source = new ActionSource(scenario, { products })
  const codec = createCodec()
  const batch = new EventBatch(100_000)
  source.fill(batch, Number.MAX_SAFE_INTEGER)
  return batch.records.map(({ value }, i) => ({
    dueUs: batch.dueUs[i]!,
    action: codec.decodeUserAction(value),
  }))
}

describe('sessions', () => {
  const scenario = loadScenario({ actions: { phases: [{ shape: 'constant', durationMs: 20_000, rate: 1 }] } })
  const products = new Map(generateCatalogue(scenario.catalogue, scenario.seed).map((p) => [p.id, p]))
  const events = actionsOf(scenario)
  const actions = events.map(({ action }) => action)
  const sessions = Map.groupBy(actions, (action) => action.sessionId)

  test('send every type of action', () => {
    expect(new Set(actions.map((action) => action.actionType))).toEqual(new Set(ACTION_TYPES))
  })

  test('belong to one user each, begin by landing, and keep their context but for the page', () => {
    for (const [id, steps] of sessions) {
      expect(steps[0]!.actionType).toBe('PAGE_VIEW')
      expect(id.startsWith(`${steps[0]!.userId}-`)).toBe(true)
      expect(new Set(steps.map(({ userId }) => userId)).size).toBe(1)
      expect(new Set(steps.map(({ context }) => JSON.stringify({ ...context, page: null }))).size).toBe(1)
      steps.slice(1).forEach((step, i) => {
        expect(step.context?.page?.referrer).toBe(steps[i]!.context?.page?.url)
      })
    }
  })

  test('show products as the catalogue has them; carts and purchases are of the product in hand', () => {
    for (const { productId, category, price } of actions.filter((action) => action.productId !== null)) {
      const product = products.get(productId!)!
      expect({ category, price }).toEqual({ category: product.category, price: product.price })
    }
    for (const steps of sessions.values()) {
      steps.slice(1).forEach((step, i) => {
        if (step.actionType === 'PURCHASE') expect(step.productId).toBe(steps[i]!.productId)
      })
    }
  })

  test('search in the words of the catalogue', () => {
    const words = new Set(
      [...products.values()].flatMap(({ name, category }) =>
        `${name} ${category}`.toLowerCase().split(/[^a-z0-9-]+/),
      ),
    )
    const searches = actions.filter((action) => action.actionType === 'SEARCH')
    expect(searches.length).toBeGreaterThan(100)
    for (const { query } of searches) {
      expect(query!.length).toBeGreaterThan(2)
      for (const word of query!.split(' ')) expect(words).toContain(word)
    }
  })

  test('give users a taste: most of what a busy user sees is of a few of the categories', () => {
    const [, busiest] = [...Map.groupBy(actions, (action) => action.userId)].sort(
      (a, b) => b[1].length - a[1].length,
    )[0]!
    const seen = busiest.filter((action) => action.category !== null)
    const counts = [...Map.groupBy(seen, (action) => action.category)].map(([, list]) => list.length)
    const top = counts.sort((a, b) => b - a).slice(0, 3)
    expect(top.reduce((sum, count) => sum + count, 0) / seen.length).toBeGreaterThan(0.7)
  })

  test('number events as the schedule does, and date them by it', () => {
    const tag = runTag(scenario.seed, 'action')
    events.forEach(({ dueUs, action }, i) => {
      expect(sequenceOf(action.traceId, tag)).toBe(i)
      expect(action.timestamp).toBe(scenario.startsAtMs + Math.floor(dueUs / 1e3))
    })
  })
})

test('a visitor who is back after half an hour begins a new session', () => {
  const actions = { tps: 0.001, phases: [{ shape: 'constant', durationMs: 50_000_000, rate: 1 }] } as const
  const slow = loadScenario({
    warmupMs: 0,
    actions: { arrival: { process: 'uniform' }, ...actions },
    users: { count: 1 },
  })
  const often = actionsOf(slow).map(({ action }) => action)
  const rare = actionsOf(
    loadScenario({
      warmupMs: 0,
      actions: { arrival: { process: 'uniform' }, ...actions, tps: 0.0005 },
      users: { count: 1 },
    }),
  ).map(({ action }) => action)
  // 1,000 s apart sessions go on; 2,000 s apart every action lands anew.
  expect(new Set(often.map(({ sessionId }) => sessionId)).size).toBeLessThan(often.length)
  expect(new Set(rare.map(({ sessionId }) => sessionId)).size).toBe(rare.length)
})

test('hot users and the hot product get their share', () => {
  const actions = actionsOf(
    loadScenario({
      actions: { tps: 5000 },
      users: { count: 5000, hotShare: 0.4, hotUsers: 2 },
      catalogue: { hotShare: 0.5 },
    }),
  ).map(({ action }) => action)
  const hot = actions.filter(({ userId }) => userId === 'user-000000' || userId === 'user-000001')
  expect(hot.length / actions.length).toBeCloseTo(0.4, 1)
  const listed = actions.filter(({ actionType }) => actionType === 'IMPRESSION')
  expect(listed.filter(({ productId }) => productId === 'p-000000').length / listed.length).toBeGreaterThan(
    0.45,
  )
})

test('day-parting puts the users of waking time zones in charge and keeps the rate', () => {
  const dayParting = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 20 ? 1 : 0))
  const flat = actionsOf(loadScenario({ users: { zipf: 0 } }))
  const parted = actionsOf(loadScenario({ users: { zipf: 0, dayParting } }))
  expect(parted.map(({ dueUs }) => dueUs)).toEqual(flat.map(({ dueUs }) => dueUs))
  const times = new Set(parted.map(({ action }) => action.context?.temporal?.timeOfDay))
  expect(times.has('NIGHT')).toBe(false)
  expect(new Set(flat.map(({ action }) => action.context?.temporal?.timeOfDay))).toContain('NIGHT')
})
