import { expect, test } from 'vitest'
import { wordingOf } from '../../../../src/stages/inventory/wording.ts'

test('says the product, and the old and the new price', () => {
  expect(wordingOf({ kind: 'PRICE_DROP', previousPrice: 100, price: 79.9 }, 'Red Kettle')).toEqual({
    title: 'Price drop: Red Kettle',
    body: 'Red Kettle now costs 79.90 instead of 100.00, 20 % less.',
  })
})

test('says what is back and what is nearly gone, with the price where there is one', () => {
  expect(wordingOf({ kind: 'BACK_IN_STOCK', stock: 9, price: 5 }, 'Cup').body).toBe(
    'Cup is available again, at 5.00.',
  )
  expect(wordingOf({ kind: 'LOW_STOCK', stock: 3, price: null }, 'Cup')).toEqual({
    title: 'Only 3 left: Cup',
    body: 'Cup is nearly sold out.',
  })
})
