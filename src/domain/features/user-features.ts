import { aggregate } from './aggregate.ts'
import {
  type FeatureDefinitions,
  type FeatureEvent,
  MOST_WINDOW_EVENTS,
  type UserFeatures,
  type WindowFeature,
} from './definitions.ts'
import { nextDeadline } from './pattern-machines.ts'
import { extendSession, quietMoments, type UserState } from './user-state.ts'

/** The features of a user as the stream knows them now. */
export function featuresOf(definitions: FeatureDefinitions, state: UserState): UserFeatures {
  const { asOfMs } = state
  const session = wholeSession(definitions, state)
  return {
    asOfMs,
    windows: definitions.windows.map((feature) => windowValue(feature, state)),
    pattern: heldPattern(definitions, state),
    session,
    sessionClosed: session !== null && asOfMs >= session.lastMs + definitions.sessionGapMs,
    recent: recentProducts(definitions, state),
  }
}

/**
 * When the user must be looked at although nothing new came: a watch is over, an event that may complete a
 * pattern settles, or a window runs empty. Infinite for never.
 */
export function nextLookMs(definitions: FeatureDefinitions, state: UserState): number {
  let next = Number.POSITIVE_INFINITY
  for (const [i, pattern] of definitions.patterns.entries()) {
    const progress = state.patterns[i]!
    next = Math.min(next, nextDeadline(pattern, progress))
    const begun = (progress.run?.chosen.length ?? 0) > 0
    // An open watch covers what comes: but it may end before, so a later opening is looked at by itself.
    const first = firstUnsettled(state, ({ actionType }) =>
      pattern.kind === 'absence'
        ? pattern.first.includes(actionType)
        : pattern.also.includes(actionType) ||
          ((begun || pattern.alsoAtLeast === 0) && pattern.actions.includes(actionType)),
    )
    if (first !== undefined)
      next = Math.min(next, first.timestamp + (pattern.kind === 'absence' ? pattern.withinMs : 0))
  }
  for (const momentMs of quietMoments(definitions, state))
    if (momentMs > state.asOfMs) next = Math.min(next, momentMs)
  return next
}

function firstUnsettled(
  { events, settled }: UserState,
  matches: (event: FeatureEvent) => boolean,
): FeatureEvent | undefined {
  for (let at = settled; at < events.length; at++) if (matches(events[at]!)) return events[at]
  return undefined
}

function wholeSession(definitions: FeatureDefinitions, { session: base, events, settled }: UserState) {
  let session = base === null ? null : { ...base, counts: { ...base.counts } }
  for (let at = settled; at < events.length; at++) session = extendSession(definitions, session, events[at]!)
  return session
}

/** From the newest on, so that a user's many older actions are not looked at. */
function recentProducts({ recent }: FeatureDefinitions, state: UserState): string[] {
  const { events, settled } = state
  const found = new Set<string>()
  for (let at = events.length - 1; at >= settled && found.size < recent.products; at--) {
    const { productId, actionType } = events[at]!
    if (productId !== null && recent.actions.includes(actionType)) found.add(productId)
  }
  for (let at = 0; at < state.recent.length && found.size < recent.products; at++)
    found.add(state.recent[at]!)
  return [...found]
}

function windowValue(feature: WindowFeature, { events, asOfMs }: UserState) {
  const from = Math.max(0, events.length - MOST_WINDOW_EVENTS)
  let start = events.length
  while (start > from && events[start - 1]!.timestamp > asOfMs - feature.overMs) start--
  const within: FeatureEvent[] = []
  for (; start < events.length; start++)
    if (feature.actions.includes(events[start]!.actionType)) within.push(events[start]!)
  return aggregate(feature, within)
}

function heldPattern({ patterns }: FeatureDefinitions, state: UserState): string | null {
  let held: { readonly name: string; readonly detectedMs: number } | null = null
  for (const [i, { name, holdMs }] of patterns.entries()) {
    const { detectedMs } = state.patterns[i]!
    if (detectedMs === null || detectedMs + holdMs <= state.asOfMs) continue
    if (held === null || detectedMs >= held.detectedMs) held = { name, detectedMs }
  }
  return held?.name ?? null
}
