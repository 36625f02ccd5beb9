import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recentKey } from '../../../../src/domain/features/feature-keys.ts'
import { popularKey, USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { createRecommender } from '../../../../src/stages/recommend/recommender.ts'
import {
  openRecommendStack,
  preferenceOf,
  putPreference,
  putProduct,
  type RecommendStack,
} from '../../../fixtures/recommend-stack.ts'

const settings = { candidates: 50, diversity: 0, popularRefreshMs: 60_000 }
let stack: RecommendStack
let close: () => Promise<void>

beforeEach(async () => {
  ;({ stack, close } = await openRecommendStack())
  await putProduct(stack, 'tea', [1, 0, 0, 0], { name: 'Tea', category: 'drinks', price: 5, stock: 3 })
  await putProduct(stack, 'green-tea', [0.99, 0.1, 0, 0], { category: 'drinks', price: 8, stock: 0 })
  await putProduct(stack, 'cup', [0.6, 0.8, 0, 0], { category: 'kitchen', price: 12, stock: 9 })
  await putProduct(stack, 'chair', [0, 0, 1, 0], { category: 'home', price: 90, stock: 1 })
})
afterEach(() => close())

const ids = (answer: { items: readonly { productId: string }[] } | null) =>
  answer?.items.map(({ productId }) => productId)

describe('with a preference', () => {
  test('the nearest come first, and the basis is the very record that was used', async () => {
    const recommender = createRecommender(stack, settings)
    await putPreference(stack, 'u', preferenceOf([0.5, 0, 0, 0]))
    const first = await recommender.recommend('u', { limit: 3 })
    expect(first).toMatchObject({ userId: 'u', path: 'preference' })
    expect(ids(first)).toEqual(['tea', 'green-tea', 'cup'])
    expect(first.items[0]).toEqual({
      productId: 'tea',
      score: expect.closeTo(1, 3),
      name: 'Tea',
      category: 'drinks',
      price: 5,
      stock: 3,
    })
    expect(first.basis).toEqual({
      actionCount: 7,
      lastTraceId: '018bcfe5-6800-7abc-8d00-000000000001',
      updatedAt: 1_700_000_000_000,
    })
    const lastTraceId = '018bcfe5-6800-7abc-8d00-000000000002'
    await putPreference(stack, 'u', preferenceOf([0, 0, 0.5, 0], { actionCount: 8, lastTraceId }))
    const second = await recommender.recommend('u', { limit: 1 })
    expect(ids(second)).toEqual(['chair'])
    expect(second.basis).toMatchObject({ actionCount: 8, lastTraceId })
  })

  test.each([
    ['category', { category: 'kitchen' }, ['cup']],
    ['lowest price', { minPrice: 8 }, ['green-tea', 'cup', 'chair']],
    ['highest price', { maxPrice: 8 }, ['tea', 'green-tea']],
    ['in stock', { inStock: true }, ['tea', 'cup', 'chair']],
    ['not asked to be in stock', { inStock: false }, ['tea', 'green-tea', 'cup', 'chair']],
  ])('filters by %s', async (_what, filter, expected) => {
    await putPreference(stack, 'u', preferenceOf([1, 0, 0, 0]))
    expect(ids(await createRecommender(stack, settings).recommend('u', { limit: 10, ...filter }))).toEqual(
      expected,
    )
  })

  test('what was bought lately is left out', async () => {
    await putPreference(stack, 'u', preferenceOf([1, 0, 0, 0], { recentPurchases: ['tea'] }))
    const answer = await createRecommender(stack, settings).recommend('u', { limit: 2 })
    expect(ids(answer)).toEqual(['green-tea', 'cup'])
  })

  test('diversity moves what resembles the picks behind what does not', async () => {
    await putPreference(stack, 'u', preferenceOf([1, 0.2, 0.5, 0]))
    expect(ids(await createRecommender(stack, settings).recommend('u', { limit: 2 }))).toEqual([
      'green-tea',
      'tea',
    ])
    const diverse = await createRecommender(stack, { ...settings, diversity: 0.7 }).recommend('u', {
      limit: 2,
    })
    expect(ids(diverse)).toEqual(['green-tea', 'chair'])
  })

  test('an expired record is restored from its backup', async () => {
    const vector = Float32Array.from([0, 0, 1, 0])
    const attributes = { actionCount: 3, lastTraceId: 'before', updatedAtMs: 5, recentPurchases: '["tea"]' }
    await stack.vectors.upsertMany(USER_PREFERENCE_INDEX, [{ id: 'u', vector, attributes }])
    const answer = await createRecommender(stack, settings).recommend('u', { limit: 4 })
    expect(answer).toMatchObject({
      path: 'preference-backup',
      basis: { actionCount: 3, lastTraceId: 'before', updatedAt: 5 },
    })
    expect(ids(answer)?.[0]).toBe('chair')
    expect(ids(answer)).not.toContain('tea')
  })
})

describe('cold start', () => {
  test('while nothing is popular: the same selection of the catalogue each time, and the answer says so', async () => {
    const recommender = createRecommender(stack, settings)
    const answer = await recommender.recommend('new', { limit: 2 })
    expect(answer).toMatchObject({ path: 'catalogue', basis: null })
    expect(ids(answer)).toHaveLength(2)
    expect(ids(await createRecommender(stack, settings).recommend('other', { limit: 2 }))).toEqual(
      ids(answer),
    )
  })

  test('popular in the asked category, then popular', async () => {
    await stack.keyValue.rankMany(popularKey(), [
      { member: 'chair', score: 9 },
      { member: 'gone', score: 8 },
      { member: 'tea', score: 5 },
    ])
    await stack.keyValue.rankMany(popularKey('drinks'), [
      { member: 'green-tea', score: 6 },
      { member: 'tea', score: 5 },
    ])
    const recommender = createRecommender(stack, settings)
    const all = await recommender.recommend('new', { limit: 5 })
    expect(all).toMatchObject({ path: 'popular', basis: null })
    expect(all.items.map(({ productId, score }) => [productId, score])).toEqual([
      ['chair', 9],
      ['tea', 5],
    ])
    const drinks = await recommender.recommend('new', { limit: 5, category: 'drinks', inStock: true })
    expect(drinks).toMatchObject({ path: 'popular-in-category' })
    expect(ids(drinks)).toEqual(['tea'])
    const kitchen = await recommender.recommend('new', { limit: 5, category: 'kitchen' })
    expect(kitchen.path).toBe('catalogue')
    expect(ids(kitchen)).toEqual(['cup'])
  })

  test('the ranking is kept for a while, stocks and prices are not', async () => {
    await stack.keyValue.rankMany(popularKey(), [{ member: 'tea', score: 5 }])
    const recommender = createRecommender(stack, settings)
    expect(ids(await recommender.recommend('new', { limit: 5, inStock: true }))).toEqual(['tea'])
    await stack.keyValue.rankMany(popularKey(), [{ member: 'chair', score: 9 }])
    await putProduct(stack, 'tea', [1, 0, 0, 0], { category: 'drinks', price: 4, stock: 2 })
    const kept = await recommender.recommend('new', { limit: 5 })
    expect(kept.items).toMatchObject([{ productId: 'tea', price: 4, stock: 2 }])
    const fresh = createRecommender(stack, { ...settings, popularRefreshMs: 0 })
    expect(ids(await fresh.recommend('new', { limit: 5 }))).toEqual(['chair', 'tea'])
  })

  test('a preference without a direction falls back, and the basis still names its record', async () => {
    await putPreference(stack, 'u', preferenceOf([0, 0, 0, 0], { actionCount: 1 }))
    await stack.keyValue.rankMany(popularKey(), [{ member: 'tea', score: 5 }])
    const answer = await createRecommender(stack, settings).recommend('u', { limit: 5 })
    expect(answer).toMatchObject({ path: 'popular', basis: { actionCount: 1 } })
  })
})

describe('similar', () => {
  test('the nearest products, without the product itself', async () => {
    const answer = await createRecommender(stack, settings).similar('tea', { limit: 2 })
    expect(answer).toMatchObject({ productId: 'tea' })
    expect(ids(answer)).toEqual(['green-tea', 'cup'])
  })
  test('null for an unknown product', async () => {
    expect(await createRecommender(stack, settings).similar('nothing', { limit: 2 })).toBeNull()
  })
})

describe('with products acted on last', () => {
  const strategies = ['preference', 'recent', 'blend'] as const

  async function pathsAndFirsts(userId: string) {
    const recommender = createRecommender(stack, settings)
    const answers = await Promise.all(
      strategies.map((strategy) => recommender.recommend(userId, { limit: 4, strategy })),
    )
    return answers.map((answer) => [answer.path, answer.items[0]?.productId])
  }

  test('they, the preference, or both decide what is near', async () => {
    await putPreference(stack, 'u', preferenceOf([0.5, 0, 0, 0]))
    await stack.keyValue.setLists([{ key: recentKey('u'), items: ['chair', 'gone'] }])
    await putProduct(stack, 'tea-table', [1, 0, 1, 0], { category: 'home' })
    expect(await pathsAndFirsts('u')).toEqual([
      ['preference', 'tea'],
      ['recent', 'chair'],
      ['blend', 'tea-table'],
    ])
  })

  test('the newer weigh more', async () => {
    await stack.keyValue.setLists([{ key: recentKey('u'), items: ['chair', 'tea'] }])
    const recommender = createRecommender(stack, settings)
    expect(ids(await recommender.recommend('u', { limit: 2, strategy: 'recent' }))).toEqual(['chair', 'tea'])
    await stack.keyValue.setLists([{ key: recentKey('u'), items: ['tea', 'chair'] }])
    expect(ids(await recommender.recommend('u', { limit: 1, strategy: 'recent' }))).toEqual(['tea'])
  })

  test('without a preference a blend is of them alone; without them the preference decides', async () => {
    await stack.keyValue.setLists([{ key: recentKey('new'), items: ['chair'] }])
    expect((await pathsAndFirsts('new')).slice(1)).toEqual([
      ['recent', 'chair'],
      ['recent', 'chair'],
    ])
    await putPreference(stack, 'old', preferenceOf([0.5, 0, 0, 0]))
    expect(await pathsAndFirsts('old')).toEqual(strategies.map(() => ['preference', 'tea']))
  })
})
