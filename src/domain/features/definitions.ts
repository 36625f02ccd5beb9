import type { ActionType } from '../events.ts'

/** What is computed of each user's actions, as data: the effective form of a file of feature definitions. */
export interface FeatureDefinitions {
  /** How much older than the newest of its partition an event may be and still count. */
  readonly latenessMs: number
  /** A session ends after this time without an action. */
  readonly sessionGapMs: number
  readonly recent: {
    /** Most product ids that are kept. */
    readonly products: number
    /** Actions that make a product recent. */
    readonly actions: readonly ActionType[]
  }
  readonly windows: readonly WindowFeature[]
  readonly patterns: readonly PatternDefinition[]
}

export type Aggregate = 'count' | 'sum' | 'mean' | 'min' | 'max' | 'distinct' | 'top'

/** One value over a stretch of event time that ends now. */
export interface WindowFeature {
  readonly name: string
  /** Actions that it looks at. */
  readonly actions: readonly ActionType[]
  readonly aggregate: Aggregate
  /** What of them: sum, mean, min and max are of prices; null where they are only counted. */
  readonly of: 'price' | 'category' | 'product' | null
  readonly overMs: number
}

export type PatternDefinition = AbsencePattern | RunPattern

interface PatternBase {
  readonly name: string
  /** How long after it was complete it still counts as detected. */
  readonly holdMs: number
  /** Whether the user is to be reminded. */
  readonly remind: boolean
}

/**
 * Something began and did not come to its end in time. The first of the `first` actions opens a watch, which
 * covers all later ones until it ends: by one of `unless` at or before `withinMs` after it, or else by being complete.
 */
export interface AbsencePattern extends PatternBase {
  readonly kind: 'absence'
  readonly first: readonly ActionType[]
  readonly unless: readonly ActionType[]
  readonly withinMs: number
  /** `user`: one watch a user; `product`: one a product, which only actions on the same product end. */
  readonly same: 'user' | 'product'
}

/**
 * Consecutive `actions` in one category, at least `atLeast`, and `also` done to at least `alsoAtLeast` of their
 * products. A run ends with one of `actions` in another category and with the session; other actions, and those
 * whose category is not known, do not end it. It is complete once.
 */
export interface RunPattern extends PatternBase {
  readonly kind: 'run'
  readonly actions: readonly ActionType[]
  readonly atLeast: number
  readonly also: readonly ActionType[]
  readonly alsoAtLeast: number
}

/** What features are computed from: the part of a user action that they need. */
export interface FeatureEvent {
  readonly traceId: string
  /** Event time, milliseconds since the epoch. */
  readonly timestamp: number
  readonly actionType: ActionType
  readonly productId: string | null
  readonly category: string | null
  readonly price: number | null
}

/** A pattern that is complete. */
export interface Detection {
  readonly pattern: string
  readonly beganMs: number
  readonly detectedMs: number
  /** Trace id of its first event. */
  readonly causeTraceId: string
  readonly productIds: readonly string[]
}

export interface SessionFeature {
  readonly startMs: number
  readonly lastMs: number
  readonly events: number
  /** Number of each kind of action; absent for none. */
  readonly counts: Readonly<Partial<Record<ActionType, number>>>
}

/** All features of a user at one moment of event time. */
export interface UserFeatures {
  /** The moment, milliseconds since the epoch. */
  readonly asOfMs: number
  /** By position of the definition; null where the window holds nothing to say. */
  readonly windows: readonly (number | string | null)[]
  /** Name of the pattern that was completed last and still holds; null for none. */
  readonly pattern: string | null
  /** Null before the first event. */
  readonly session: SessionFeature | null
  readonly sessionClosed: boolean
  /** Product ids, newest first, each once. */
  readonly recent: readonly string[]
}

/** Windows look at a user's newest events, this many at most: it bounds the state of one who never stops. */
export const MOST_WINDOW_EVENTS = 512
/** Products of one run that are looked at, at most. */
export const MOST_RUN_PRODUCTS = 100

/** The order of a user's events: by event time, and by trace id where that is equal. */
export function compareEvents(a: FeatureEvent, b: FeatureEvent): number {
  if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0
}
