import { aggregate } from './aggregate.ts'
import {
  type FeatureDefinitions,
  MOST_WINDOW_EVENTS,
  type UserFeatures,
  type WindowFeature,
} from './definitions.ts'
import { nextDeadline } from './pattern-machines.ts'
import { addRecent, extendSession, quietMoments, type UserState } from './user-state.ts'

/** The features of a user as the stream knows them now. */
export function featuresOf(definitions: FeatureDefinitions, state: UserState): UserFeatures {
  const { asOfMs, events } = state
  let session = state.session === null ? null : { ...state.session, counts: { ...state.session.counts } }
  const recent = state.recent.slice()
  for (const event of events) {
    session = extendSession(definitions, session, event)
    addRecent(definitions, recent, event)
  }
  return {
    asOfMs,
    windows: definitions.windows.map((feature) => windowValue(feature, state)),
    pattern: heldPattern(definitions, state),
    session,
    sessionClosed: session !== null && asOfMs >= session.lastMs + definitions.sessionGapMs,
    recent,
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
    for (let at = state.settled; at < state.events.length; at++) {
      const { actionType, timestamp } = state.events[at]!
      // An open watch covers what comes: but it may end before, so a later opening is looked at by itself.
      if (pattern.kind === 'absence') {
        if (pattern.first.includes(actionType)) next = Math.min(next, timestamp + pattern.withinMs)
      } else if (
        pattern.also.includes(actionType) ||
        ((begun || pattern.alsoAtLeast === 0) && pattern.actions.includes(actionType))
      ) {
        next = Math.min(next, timestamp)
      }
    }
  }
  for (const momentMs of quietMoments(definitions, state))
    if (momentMs > state.asOfMs) next = Math.min(next, momentMs)
  return next
}

function windowValue(feature: WindowFeature, { events, asOfMs }: UserState) {
  const from = Math.max(0, events.length - MOST_WINDOW_EVENTS)
  let start = events.length
  while (start > from && events[start - 1]!.timestamp > asOfMs - feature.overMs) start--
  const within = events.slice(start).filter(({ actionType }) => feature.actions.includes(actionType))
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
