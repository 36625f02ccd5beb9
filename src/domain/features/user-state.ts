import type { ActionType } from '../events.ts'
import {
  compareEvents,
  type Detection,
  type FeatureDefinitions,
  type FeatureEvent,
  MOST_WINDOW_EVENTS,
} from './definitions.ts'
import { expireWatches, newPatternState, type PatternState, stepPattern } from './pattern-machines.ts'

/** A session as far as events that are settled tell. */
export interface SessionBase {
  startMs: number
  lastMs: number
  events: number
  counts: Partial<Record<ActionType, number>>
}

/**
 * What the stream keeps of one user. Events are kept in order as long as a window may see them. The first
 * `settled` of them are settled: nothing before them can come any more, and the patterns have seen them.
 */
export interface UserState {
  /** Last applied offset of the user's partition. */
  offset: number
  /** Moment that the features are true of. */
  asOfMs: number
  /** Events before this one are settled. */
  settledMs: number
  /** Events that came too late to count. */
  late: number
  events: FeatureEvent[]
  settled: number
  /** What follows from all that is settled, kept or not: products, newest first, and the session that it ended in. */
  recent: string[]
  session: SessionBase | null
  patterns: PatternState[]
}

export function newUserState(definitions: FeatureDefinitions): UserState {
  const long = Number.NEGATIVE_INFINITY
  return {
    offset: -1,
    asOfMs: long,
    settledMs: long,
    late: 0,
    events: [],
    settled: 0,
    recent: [],
    session: null,
    patterns: definitions.patterns.map(newPatternState),
  }
}

export type Insertion = 'taken' | 'late' | 'repeated'

/** Takes an event; `watermarkMs` as it was when the event was read. */
export function insertEvent(state: UserState, event: FeatureEvent, watermarkMs: number): Insertion {
  if (event.timestamp < Math.max(watermarkMs, state.settledMs)) {
    state.late++
    return 'late'
  }
  const { events } = state
  let at = events.length
  for (; at > state.settled; at--) {
    const order = compareEvents(events[at - 1]!, event)
    if (order === 0) return 'repeated'
    if (order < 0) break
  }
  if (at === events.length) events.push(event)
  else events.splice(at, 0, event)
  state.asOfMs = Math.max(state.asOfMs, event.timestamp)
  return 'taken'
}

/** Settles all before the watermark, and returns which patterns that completes. */
export function settleUser(
  definitions: FeatureDefinitions,
  state: UserState,
  watermarkMs: number,
): Detection[] {
  const found: Detection[] = []
  const { patterns } = definitions
  const { events } = state
  while (state.settled < events.length && events[state.settled]!.timestamp < watermarkMs) {
    const event = events[state.settled]!
    const { session } = state
    state.session = extendSession(definitions, session, event)
    for (const [i, pattern] of patterns.entries())
      found.push(...stepPattern(pattern, state.patterns[i]!, event, state.session !== session))
    addRecent(definitions, state.recent, event)
    state.settled++
  }
  for (const [i, pattern] of patterns.entries())
    found.push(...expireWatches(pattern, state.patterns[i]!, watermarkMs))
  state.settledMs = Math.max(state.settledMs, watermarkMs)
  for (const { detectedMs } of found) state.asOfMs = Math.max(state.asOfMs, detectedMs)
  for (const momentMs of quietMoments(definitions, state))
    if (momentMs < watermarkMs) state.asOfMs = Math.max(state.asOfMs, momentMs)
  return found
}

/** Drops events that no window will see again. */
export function forgetEvents(definitions: FeatureDefinitions, state: UserState): void {
  const horizonMs = state.asOfMs - Math.max(0, ...definitions.windows.map(({ overMs }) => overMs))
  const surplus = state.events.length - MOST_WINDOW_EVENTS
  let gone = 0
  while (gone < state.settled && (state.events[gone]!.timestamp <= horizonMs || gone < surplus)) gone++
  if (gone === 0) return
  state.events.splice(0, gone)
  state.settled -= gone
}

/** The session that an event belongs to: the one before, changed, or a new one. */
export function extendSession(
  { sessionGapMs }: FeatureDefinitions,
  session: SessionBase | null,
  { timestamp, actionType }: FeatureEvent,
): SessionBase {
  if (session === null || timestamp - session.lastMs >= sessionGapMs)
    return { startMs: timestamp, lastMs: timestamp, events: 1, counts: { [actionType]: 1 } }
  session.lastMs = timestamp
  session.events++
  session.counts[actionType] = (session.counts[actionType] ?? 0) + 1
  return session
}

/** Puts an event's product first, once. */
function addRecent({ recent }: FeatureDefinitions, list: string[], event: FeatureEvent): void {
  const { productId } = event
  if (productId === null || !recent.actions.includes(event.actionType)) return
  const at = list.indexOf(productId)
  if (at >= 0) list.splice(at, 1)
  list.unshift(productId)
  if (list.length > recent.products) list.length = recent.products
}

/** Moments after the last event at which a window has run empty or the session is over. */
export function quietMoments(definitions: FeatureDefinitions, state: UserState): number[] {
  const lastMs = state.events.at(-1)?.timestamp ?? state.session?.lastMs
  if (lastMs === undefined) return []
  return [definitions.sessionGapMs, ...definitions.windows.map(({ overMs }) => overMs)].map(
    (afterMs) => lastMs + afterMs,
  )
}
