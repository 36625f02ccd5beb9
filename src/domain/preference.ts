import type { ActionType } from './events.ts'
import { axpby, dot } from './vector.ts'

/** Share of the new vector in the moving average for weight 1: the default of `pipeline.preference.alpha`. */
export const DEFAULT_ALPHA = 0.3

/**
 * How strongly an action says "more like this" (1) or "less" (-1): the defaults of
 * `pipeline.preference.weights`. A purchase is the strongest statement and an impression nearly none,
 * because the shop made it and not the user; a page view names no product.
 */
export const DEFAULT_ACTION_WEIGHTS: Readonly<Record<ActionType, number>> = {
  PURCHASE: 1,
  ADD_TO_CART: 0.7,
  LIKE: 0.6,
  SEARCH: 0.4,
  CLICK: 0.3,
  VIEW: 0.2,
  IMPRESSION: 0.02,
  PAGE_VIEW: 0,
  REMOVE_FROM_CART: -0.5,
  UNLIKE: -0.8,
}

/**
 * Applies one action to a preference vector p, in place. v is the product's (or query's) vector, of length 1.
 * With the step s = min(1, alpha * |weight|):
 *
 * - weight > 0: `p' = (1 - s) p + s v`, an exponential moving average. It starts at p = 0, so a first action
 *   gives p' = s v, which points exactly at v; the usual correction of that start, a division by
 *   1 - (1 - s)^n, would change only p's length, and similarity is the cosine.
 * - weight < 0: `p' = p - min(s, max(0, p . v)) v`. It takes away of v at most what p has of it: p turns away
 *   until it is at right angles to v and never points at v's opposite, which says nothing about taste. So
 *   on a zero vector it changes nothing.
 * - weight 0: nothing.
 *
 * |p| never passes 1. Every step rounds to float32, so a fold over a batch equals one step a time, stored
 * between, bit for bit.
 */
export function applyAction(p: Float32Array, v: Float32Array, alpha: number, weight: number): void {
  const step = Math.min(1, alpha * Math.abs(weight))
  if (weight > 0) axpby(step, v, 1 - step, p)
  else if (weight < 0) {
    const away = Math.min(step, Math.max(0, dot(p, v)))
    if (away > 0) axpby(-away, v, 1, p)
  }
}
