import { ACTION_TYPES, type ActionType } from '../domain/events.ts'

/** What a visitor does in a session; each step sends one action. `leave` sends none: the next step lands. */
export const STEPS = [
  'land',
  'search',
  'browse',
  'click',
  'view',
  'compare',
  'like',
  'unlike',
  'cart',
  'uncart',
  'buy',
  'leave',
] as const
export type Step = (typeof STEPS)[number]

const ACTION_OF: Readonly<Record<Exclude<Step, 'leave'>, ActionType>> = {
  land: 'PAGE_VIEW',
  search: 'SEARCH',
  browse: 'IMPRESSION',
  click: 'CLICK',
  view: 'VIEW',
  compare: 'VIEW',
  like: 'LIKE',
  unlike: 'UNLIKE',
  cart: 'ADD_TO_CART',
  uncart: 'REMOVE_FROM_CART',
  buy: 'PURCHASE',
}

/** Where a visitor goes from each step, and how probably; each line sums to 1. */
export const TRANSITIONS: Readonly<Record<Exclude<Step, 'leave'>, Readonly<Partial<Record<Step, number>>>>> =
  {
    land: { browse: 0.4, search: 0.34, view: 0.16, leave: 0.1 },
    search: { browse: 0.8, search: 0.1, leave: 0.1 },
    browse: { browse: 0.42, click: 0.38, search: 0.08, leave: 0.12 },
    click: { view: 0.95, leave: 0.05 },
    view: { browse: 0.25, compare: 0.18, cart: 0.15, search: 0.08, like: 0.07, leave: 0.27 },
    compare: { browse: 0.25, cart: 0.2, compare: 0.15, like: 0.1, leave: 0.3 },
    like: { browse: 0.35, cart: 0.25, unlike: 0.08, leave: 0.32 },
    unlike: { browse: 0.5, leave: 0.5 },
    cart: { buy: 0.35, browse: 0.23, uncart: 0.12, search: 0.1, leave: 0.2 },
    uncart: { browse: 0.5, search: 0.2, leave: 0.3 },
    buy: { browse: 0.2, leave: 0.8 },
  }

/** Steps by number, for the hot path. */
export const STEP = Object.fromEntries(STEPS.map((step, i) => [step, i])) as Readonly<Record<Step, number>>

/** Number of the action type that each step sends. */
export const ACTION_TYPE_OF_STEP = Uint8Array.from(STEPS, (step) =>
  step === 'leave' ? 0 : ACTION_TYPES.indexOf(ACTION_OF[step]),
)

/** By step * steps + next step: the draws (unsigned, 32 bits) below which the next step is taken. */
const BELOW = new Float64Array(STEPS.length * STEPS.length)
STEPS.forEach((from, i) => {
  let sum = 0
  STEPS.forEach((to, j) => {
    sum += (from === 'leave' ? undefined : TRANSITIONS[from][to]) ?? 0
    // The last column takes what rounding leaves.
    BELOW[i * STEPS.length + j] = j === STEPS.length - 1 ? 2 ** 32 : sum * 2 ** 32
  })
})

/** The step after a step, from an unsigned 32-bit random number. */
export function nextStep(step: number, draw: number): number {
  let next = 0
  for (let i = step * STEPS.length; draw >= BELOW[i]!; i++) next++
  return next
}
