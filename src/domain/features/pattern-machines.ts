import {
  type AbsencePattern,
  type Detection,
  type FeatureDefinitions,
  type FeatureEvent,
  MOST_RUN_PRODUCTS,
  type PatternDefinition,
  type RunPattern,
} from './definitions.ts'

/** What began and is not complete. */
interface Watch {
  /** Product that ends it; empty where any does. */
  readonly product: string
  readonly beganMs: number
  readonly traceId: string
  readonly products: string[]
}

interface Run {
  readonly category: string
  readonly beganMs: number
  readonly traceId: string
  steps: number
  readonly viewed: string[]
  readonly chosen: string[]
  complete: boolean
}

/** How far one pattern of one user has come. */
export interface PatternState {
  watches: Watch[]
  run: Run | null
  /** When it was complete last; null for never. */
  detectedMs: number | null
}

export function newPatternState(): PatternState {
  return { watches: [], run: null, detectedMs: null }
}

/** Advances one pattern by the user's next event; `newSession`: the event begins one. */
export function stepPattern(
  pattern: PatternDefinition,
  state: PatternState,
  event: FeatureEvent,
  newSession: boolean,
): Detection[] {
  if (pattern.kind === 'absence') return stepAbsence(pattern, state, event)
  if (newSession) state.run = null
  const found = stepRun(pattern, state, event)
  return found === null ? [] : [found]
}

/** Completes the watches whose time was over before `untilMs`. */
export function expireWatches(pattern: PatternDefinition, state: PatternState, untilMs: number): Detection[] {
  if (pattern.kind !== 'absence' || state.watches.length === 0) return []
  const isOver = (watch: Watch): boolean => watch.beganMs + pattern.withinMs < untilMs
  const over = state.watches.filter(isOver)
  if (over.length === 0) return []
  state.watches = state.watches.filter((watch) => !isOver(watch))
  return over.map((watch) => {
    const detectedMs = watch.beganMs + pattern.withinMs
    state.detectedMs = Math.max(state.detectedMs ?? 0, detectedMs)
    return {
      pattern: pattern.name,
      beganMs: watch.beganMs,
      detectedMs,
      causeTraceId: watch.traceId,
      productIds: watch.products,
    }
  })
}

/** When the next watch is over; infinite for none. */
export function nextDeadline(pattern: PatternDefinition, state: PatternState): number {
  let next = Number.POSITIVE_INFINITY
  if (pattern.kind !== 'absence') return next
  for (const watch of state.watches) next = Math.min(next, watch.beganMs + pattern.withinMs)
  return next
}

/** The longest that a pattern, or a window, looks back. */
export function longestMs({ windows, patterns, sessionGapMs }: FeatureDefinitions): number {
  return Math.max(
    sessionGapMs,
    ...windows.map(({ overMs }) => overMs),
    ...patterns.map((pattern) => (pattern.kind === 'absence' ? pattern.withinMs : 0)),
  )
}

function stepAbsence(pattern: AbsencePattern, state: PatternState, event: FeatureEvent): Detection[] {
  const found = expireWatches(pattern, state, event.timestamp)
  const { actionType, productId, timestamp, traceId } = event
  const begins = pattern.first.includes(actionType)
  const ends = pattern.unless.includes(actionType)
  if ((!begins && !ends) || (pattern.same === 'product' && productId === null)) return found
  const product = pattern.same === 'product' ? productId! : ''
  const watch = state.watches.find((open) => open.product === product)
  if (watch !== undefined && ends) state.watches.splice(state.watches.indexOf(watch), 1)
  else if (watch !== undefined) addDistinct(watch.products, productId)
  else if (begins) {
    const products = productId === null ? [] : [productId]
    state.watches.push({ product, beganMs: timestamp, traceId, products })
  }
  return found
}

function stepRun(pattern: RunPattern, state: PatternState, event: FeatureEvent): Detection | null {
  const { actionType, productId, category, timestamp, traceId } = event
  const isStep = category !== null && pattern.actions.includes(actionType)
  if (isStep && state.run?.category !== category) {
    const begun = { category, beganMs: timestamp, traceId, steps: 0, complete: false }
    state.run = { ...begun, viewed: [], chosen: [] }
  }
  const { run } = state
  if (run === null || run.complete) return null
  if (pattern.also.includes(actionType) && productId !== null && run.viewed.includes(productId))
    addDistinct(run.chosen, productId)
  if (isStep) {
    run.steps++
    if (run.viewed.length < MOST_RUN_PRODUCTS) addDistinct(run.viewed, productId)
  }
  if (run.steps < pattern.atLeast || run.chosen.length < pattern.alsoAtLeast) return null
  run.complete = true
  state.detectedMs = Math.max(state.detectedMs ?? 0, timestamp)
  return {
    pattern: pattern.name,
    beganMs: run.beganMs,
    detectedMs: timestamp,
    causeTraceId: run.traceId,
    productIds: run.chosen,
  }
}

function addDistinct(list: string[], id: string | null): void {
  if (id !== null && !list.includes(id)) list.push(id)
}
