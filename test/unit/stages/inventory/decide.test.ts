import { describe, expect, test } from 'vitest'
import type { InventoryChange } from '../../../../src/domain/events.ts'
import { decide, faultOf, type News } from '../../../../src/stages/inventory/decide.ts'
import { traceId } from '../stage-lab.ts'

const RULES = { priceDropPercent: 10, lowStock: 5 }
const UNKNOWN = { price: null, stock: null }

function change(values: Partial<InventoryChange>): InventoryChange {
  return { traceId: traceId(1), productId: 'p0', kind: 'PRICE', timestamp: 1, ...values }
}

const price = (previousPrice: number | null, now: number) => change({ previousPrice, price: now })
const stock = (previousStock: number | null, now: number) =>
  change({ kind: 'STOCK', previousStock, stock: now })

describe('what a change is worth telling', () => {
  const cases: [string, InventoryChange, News['kind'] | null][] = [
    ['a drop beyond the threshold', price(100, 80), 'PRICE_DROP'],
    ['a drop by exactly the threshold', price(100, 90), 'PRICE_DROP'],
    ['exactly the threshold in numbers without an exact binary form', price(0.3, 0.27), 'PRICE_DROP'],
    ['a drop just below the threshold', price(100, 90.01), null],
    ['the same price', price(100, 100), null],
    ['a rise', price(100, 150), null],
    ['a drop to nothing', price(100, 0), 'PRICE_DROP'],
    ['a price where there was none', price(0, 10), null],
    ['a price without a previous one', price(null, 10), null],
    ['back from nothing', stock(0, 50), 'BACK_IN_STOCK'],
    ['back with few: told as back, not as low', stock(0, 2), 'BACK_IN_STOCK'],
    ['crossing the limit downwards', stock(9, 3), 'LOW_STOCK'],
    ['down to the limit itself', stock(6, 5), 'LOW_STOCK'],
    ['below the limit before already', stock(5, 4), null],
    ['still above the limit', stock(20, 6), null],
    ['crossing the limit upwards', stock(3, 20), null],
    ['sold out', stock(9, 0), null],
    ['still sold out', stock(0, 0), null],
    ['a stock without a previous one', stock(null, 3), null],
  ]
  test.each(cases)('%s', (_, given, kind) => {
    expect(decide(given, UNKNOWN, RULES)?.kind ?? null).toBe(kind)
  })
})

test('takes the previous value from the product where the change has none', () => {
  const known = { price: 100, stock: 0 }
  expect(decide(price(null, 80), known, RULES)).toEqual({ kind: 'PRICE_DROP', previousPrice: 100, price: 80 })
  expect(decide(stock(null, 7), known, RULES)).toEqual({ kind: 'BACK_IN_STOCK', stock: 7, price: 100 })
  // The change's own goes first.
  expect(decide(price(81, 80), known, RULES)).toBeNull()
})

test('with a threshold of 0 any lower price is a drop, the same price is none', () => {
  const rules = { ...RULES, priceDropPercent: 0 }
  expect(decide(price(100, 99.99), UNKNOWN, rules)?.kind).toBe('PRICE_DROP')
  expect(decide(price(100, 100), UNKNOWN, rules)).toBeNull()
})

test('with a limit of 0 no stock is low', () => {
  expect(decide(stock(9, 1), UNKNOWN, { ...RULES, lowStock: 0 })).toBeNull()
})

test('names what a change lacks', () => {
  expect(faultOf(price(1, 0))).toBeNull()
  expect(faultOf(stock(1, 0))).toBeNull()
  expect(faultOf(change({ stock: 5 }))).toMatch(/PRICE change needs a price/)
  expect(faultOf(change({ kind: 'STOCK', price: 5 }))).toMatch(/STOCK change needs a stock/)
  expect(faultOf(price(1, -1))).toMatch(/not -1/)
  expect(faultOf(price(1, Number.NaN))).toMatch(/not NaN/)
})
