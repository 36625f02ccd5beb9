import { expect, test } from 'vitest'
import { createCodec } from '../../../src/domain/codec.ts'
import type { InventoryChange } from '../../../src/domain/events.ts'
import { runTag, sequenceOf } from '../../../src/domain/trace-id.ts'
import { generateCatalogue } from '../../../src/load/catalogue.ts'
import { EventBatch } from '../../../src/load/event-batch.ts'
import { type InventoryScenario, InventorySource } from '../../../src/load/inventory-source.ts'
import { loadScenario } from './scenario-fixture.ts'

function changesOf(scenario: InventoryScenario): { dueUs: number; change: InventoryChange }[] {
  const products = generateCatalogue(scenario.catalogue, scenario.seed)
  const batch = new EventBatch(20_000)
  new InventorySource(scenario, { products }).fill(batch, Number.MAX_SAFE_INTEGER)
  const codec = createCodec()
  return batch.records.map(({ value }, i) => ({
    dueUs: batch.dueUs[i]!,
    change: codec.decodeInventoryChange(value),
  }))
}

const busy = loadScenario({
  inventory: { tps: 2000, stockOut: { productRank: 2, everyMs: 800 } },
  actions: { phases: [{ shape: 'constant', durationMs: 4000, rate: 1 }] },
})
const changes = changesOf(busy)

test('every change starts from what the one before left', () => {
  const products = generateCatalogue(busy.catalogue, busy.seed)
  const prices = new Map(products.map(({ id, price }) => [id, price]))
  const stocks = new Map(products.map(({ id, stock }) => [id, stock]))
  for (const { change } of changes) {
    if (change.kind === 'PRICE') {
      expect(change.previousPrice).toBeCloseTo(prices.get(change.productId)!, 6)
      expect(change.price).toBeGreaterThan(0)
      prices.set(change.productId, change.price!)
    } else {
      expect(change.previousStock).toBe(stocks.get(change.productId))
      expect(change.stock).toBeGreaterThanOrEqual(0)
      stocks.set(change.productId, change.stock!)
    }
  }
})

test('shares of price changes, and of drops beyond the threshold, are those of the scenario', () => {
  const priced = changes.filter(({ change }) => change.kind === 'PRICE').map(({ change }) => change)
  const dropped = priced.filter(({ price, previousPrice }) => (1 - price! / previousPrice!) * 100 > 10)
  expect(priced.length / changes.length).toBeCloseTo(0.5, 1)
  expect(dropped.length / priced.length).toBeCloseTo(0.3, 1)
})

test('the stock-out product sells out where the measured part begins, and comes back, in turn', () => {
  const own = changes.filter(({ change }) => change.kind === 'STOCK' && change.productId === 'p-000002')
  expect(own.map(({ dueUs }) => dueUs / 1e3)).toEqual(
    Array.from({ length: 10 }, (_, turn) => 500 + turn * 400),
  )
  own.forEach(({ change }, turn) => {
    if (turn % 2 === 0) expect(change.stock).toBe(0)
    else expect(change.stock).toBeGreaterThan(0)
  })
})

test('numbers and dates follow the due times over both kinds', () => {
  const tag = runTag(busy.seed, 'inventory')
  changes.forEach(({ dueUs, change }, i) => {
    expect(sequenceOf(change.traceId, tag)).toBe(i)
    expect(change.timestamp).toBe(busy.startsAtMs + Math.floor(dueUs / 1e3))
    expect(dueUs).toBeGreaterThanOrEqual(changes[i - 1]?.dueUs ?? 0)
  })
})

test('a rate of 0 sends nothing but the stock-out cycle', () => {
  expect(changesOf(loadScenario({ inventory: { tps: 0 } }))).toEqual([])
  const cycle = changesOf(
    loadScenario({ inventory: { tps: 0, stockOut: { productRank: 0, everyMs: 1000 } } }),
  )
  expect(cycle.length).toBe(4)
})
