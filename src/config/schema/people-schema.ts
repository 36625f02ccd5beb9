import { z } from 'zod'
import { number, share, whole } from './fields.ts'

/** Who acts. */
export const usersSchema = z
  .strictObject({
    count: whole(1, 50_000_000).prefault(50_000).meta({ description: 'Virtual users.' }),
    zipf: number(0, 3)
      .prefault(0.6)
      .meta({ description: 'Exponent of the Zipf popularity of users; 0 is uniform.' }),
    hotShare: share()
      .prefault(0)
      .meta({ description: 'Share of the actions that the hot users send; 0 for none.' }),
    hotUsers: whole(1, 1_000_000).prefault(1).meta({ description: 'How many users are hot.' }),
    coldShare: share()
      .prefault(0.1)
      .meta({ description: 'Share of users who were never seen before; the rest begin with a preference.' }),
    dayParting: z
      .array(number(0, 1_000_000))
      .length(24, { error: 'expected 24 weights, one for each hour from 0' })
      .refine((weights) => weights.some((weight) => weight !== 0), {
        error: 'expected at least one weight above 0',
      })
      .nullable()
      .prefault(null)
      .meta({ description: 'Weights of the 24 hours of the event-time day; null is flat.' }),
  })
  .refine(
    ({ count, hotUsers }) =>
      typeof count !== 'number' || typeof hotUsers !== 'number' || hotUsers <= Math.max(1, count),
    {
      error: 'expected at most as many hot users as there are users (users.count)',
      path: ['hotUsers'],
      when: () => true,
    },
  )

/** What is acted on. */
export const catalogueSchema = z
  .strictObject({
    products: whole(1, 10_000_000)
      .prefault(5000)
      .meta({ description: 'Products to generate from the seed.' }),
    categories: whole(1, 100_000).prefault(40).meta({ description: 'Categories to spread them over.' }),
    zipf: number(0, 3)
      .prefault(0.9)
      .meta({ description: 'Exponent of the Zipf popularity of products; 0 is uniform.' }),
    hotShare: share()
      .prefault(0)
      .meta({ description: 'Share of product picks that take the most popular one; 0 for none.' }),
    posts: whole(0, 50_000_000).prefault(0).meta({
      description:
        'Posts to keep in the post index, the most popular of which are the products; 0: the products are the posts.',
    }),
    steps: z.array(whole(1, 50_000_000), { error: 'expected a list of numbers of posts' }).prefault([]).meta({
      description:
        'Sizes of the post index, rising: after each the whole load is driven once, and reported apart.',
    }),
    file: z
      .string({ error: 'expected the path of a CSV or JSONL file, or null' })
      .min(1, { error: 'expected the path of a CSV or JSONL file, or null' })
      .nullable()
      .prefault(null)
      .meta({
        description:
          'CSV or JSONL (gzip too) to load instead of generating; a relative path starts at the scenario’s file.',
      }),
  })
  .refine(
    ({ products, categories }) =>
      typeof products !== 'number' || typeof categories !== 'number' || categories <= Math.max(1, products),
    {
      error: 'expected at most as many categories as there are products (catalogue.products)',
      path: ['categories'],
      when: () => true,
    },
  )
  .refine(({ posts, steps }) => rising(steps) && (steps.at(-1) ?? posts) === posts, {
    error: 'expected rising numbers, the last of which is catalogue.posts',
    path: ['steps'],
    when: () => true,
  })

function rising(steps: readonly number[]): boolean {
  return steps.every((size, i) => i === 0 || size > steps[i - 1]!)
}
