import { z } from 'zod'
import { DURATION, formatDuration, PERCENTAGE, parseDuration, shareOfPercentage } from '../units.ts'

/** A duration with its unit, read as ms. Bounds in ms. */
export function duration(range: { readonly min?: number; readonly max?: number } = {}) {
  const { min = 0, max = 7 * 86_400_000 } = range
  const text = `expected a duration with a unit from ${formatDuration(min)} to ${formatDuration(max)}, e.g. 20s or 200ms`
  return z
    .string({ error: text })
    .regex(DURATION, { error: text })
    .transform(parseDuration)
    .pipe(z.number().min(min, { error: text }).max(max, { error: text }))
}

/** A share from 0 to 1, also written as a percentage. */
export function share() {
  const error = 'expected a share from 0 to 1, or a percentage such as 5%'
  const percentage = z
    .string()
    .regex(PERCENTAGE, { error })
    .transform(shareOfPercentage)
    .pipe(z.number().max(1, { error }))
  return z.union([z.number().min(0, { error }).max(1, { error }), percentage], { error })
}

/** A number within bounds. */
export function number(min: number, max: number) {
  const error = `expected a number from ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** A whole number within bounds. */
export function whole(min: number, max: number) {
  const error = `expected a whole number from ${min} to ${max}`
  // Not .int(): its fault would keep the checks that compare two keys from running.
  return z.number({ error }).multipleOf(1, { error }).min(min, { error }).max(max, { error })
}

/** Events per second. */
export function rate(min = 0, max = 10_000_000) {
  return number(min, max)
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `expected one of ${words.join(', ')}` })
}
