import { expect, test } from 'vitest'
import { generateCatalogue } from '../../../src/load/catalogue.ts'

test('follows from the seed', () => {
  const settings = { products: 50, categories: 8 }
  expect(generateCatalogue(settings, 1)).toEqual(generateCatalogue(settings, 1))
  expect(generateCatalogue(settings, 1)).not.toEqual(generateCatalogue(settings, 2))
})

test('has as many products and categories as asked for, however many', () => {
  const products = generateCatalogue({ products: 2000, categories: 400 }, 3)
  expect(new Set(products.map(({ id }) => id)).size).toBe(2000)
  expect(new Set(products.map(({ category }) => category)).size).toBe(400)
})

test('gives every product a name, a description, a price in cents and a stock', () => {
  for (const { name, description, price, stock } of generateCatalogue({ products: 500, categories: 24 }, 5)) {
    expect(name).toMatch(/^\p{Lu}\p{Ll}+ [A-Z]\d\d .+, .+$/u)
    expect(description.length).toBeGreaterThan(60)
    expect(price).toBeGreaterThan(0)
    expect(Math.round(price * 100) / 100).toBe(price)
    expect(Number.isInteger(stock) && stock >= 0).toBe(true)
  }
})
