import type { ActionType } from '../events.ts'
import { aggregate } from './aggregate.ts'
import {
  type AbsencePattern,
  compareEvents,
  type Detection,
  type FeatureDefinitions,
  type FeatureEvent,
  MOST_RUN_PRODUCTS,
  MOST_WINDOW_EVENTS,
  type RunPattern,
  type SessionFeature,
  type UserFeatures,
  type WindowFeature,
} from './definitions.ts'

/*
 * What the features mean: functions of one user's whole list of events, written to be read and not to be fast.
 * The stream (`user-state.ts`) must come to the same; property tests hold it to that.
 */

/**
 * All features at `asOfMs`, with patterns that are decided at `watermarkMs`: nothing older will be counted any more.
 * `events` in any order, none after `asOfMs`.
 */
export function referenceFeatures(
  definitions: FeatureDefinitions,
  events: readonly FeatureEvent[],
  { asOfMs, watermarkMs }: { readonly asOfMs: number; readonly watermarkMs: number },
): UserFeatures {
  const ordered = events.toSorted(compareEvents)
  const session = lastSession(definitions, ordered)
  return {
    asOfMs,
    windows: definitions.windows.map((feature) => windowValue(feature, ordered, asOfMs)),
    pattern: heldPattern(definitions, referenceDetections(definitions, ordered, watermarkMs), asOfMs),
    session,
    sessionClosed: session !== null && asOfMs >= session.lastMs + definitions.sessionGapMs,
    recent: recentProducts(definitions, ordered),
  }
}

/** Every pattern that is decided when nothing before `watermarkMs` can come any more, in the order of completion. */
export function referenceDetections(
  definitions: FeatureDefinitions,
  events: readonly FeatureEvent[],
  watermarkMs: number,
): Detection[] {
  const ordered = events.toSorted(compareEvents)
  const found = definitions.patterns.flatMap((pattern) =>
    pattern.kind === 'absence' ? absences(pattern, ordered) : runs(pattern, ordered, definitions),
  )
  return found
    .filter(({ detectedMs }) => detectedMs < watermarkMs)
    .toSorted((a, b) => a.detectedMs - b.detectedMs)
}

function windowValue(feature: WindowFeature, ordered: readonly FeatureEvent[], asOfMs: number) {
  const within = ordered
    .slice(-MOST_WINDOW_EVENTS)
    .filter(({ timestamp }) => timestamp > asOfMs - feature.overMs && timestamp <= asOfMs)
  return aggregate(
    feature,
    within.filter(({ actionType }) => feature.actions.includes(actionType)),
  )
}

function recentProducts({ recent }: FeatureDefinitions, ordered: readonly FeatureEvent[]): string[] {
  const ids = ordered
    .filter(({ actionType, productId }) => productId !== null && recent.actions.includes(actionType))
    .map(({ productId }) => productId!)
  return [...new Set(ids.toReversed())].slice(0, recent.products)
}

/** Events by session: a new one begins where the one before is `sessionGapMs` old. */
function sessions({ sessionGapMs }: FeatureDefinitions, ordered: readonly FeatureEvent[]): FeatureEvent[][] {
  const all: FeatureEvent[][] = []
  for (const event of ordered) {
    const last = all.at(-1)?.at(-1)
    if (last !== undefined && event.timestamp - last.timestamp < sessionGapMs) all.at(-1)!.push(event)
    else all.push([event])
  }
  return all
}

function lastSession(
  definitions: FeatureDefinitions,
  ordered: readonly FeatureEvent[],
): SessionFeature | null {
  const events = sessions(definitions, ordered).at(-1)
  if (events === undefined) return null
  const counts: Partial<Record<ActionType, number>> = {}
  for (const { actionType } of events) counts[actionType] = (counts[actionType] ?? 0) + 1
  return { startMs: events[0]!.timestamp, lastMs: events.at(-1)!.timestamp, events: events.length, counts }
}

function absences(pattern: AbsencePattern, ordered: readonly FeatureEvent[]): Detection[] {
  const { first, unless, same } = pattern
  const groups = same === 'user' ? [ordered] : byProduct(ordered)
  return groups.flatMap((events) => {
    const found: Detection[] = []
    for (let i = 0; i < events.length; i++) {
      const opening = events[i]!
      if (!first.includes(opening.actionType)) continue
      const deadlineMs = opening.timestamp + pattern.withinMs
      const within = events.slice(i + 1).filter(({ timestamp }) => timestamp <= deadlineMs)
      const end = within.findIndex(({ actionType }) => unless.includes(actionType))
      const covered = end < 0 ? within : within.slice(0, end + 1)
      if (end < 0) found.push(absence(pattern, [opening, ...covered], deadlineMs))
      i += covered.length
    }
    return found
  })
}

function absence(pattern: AbsencePattern, events: readonly FeatureEvent[], deadlineMs: number): Detection {
  const opening = events[0]!
  const begun = events.filter(({ actionType }) => pattern.first.includes(actionType))
  return {
    pattern: pattern.name,
    beganMs: opening.timestamp,
    detectedMs: deadlineMs,
    causeTraceId: opening.traceId,
    productIds: distinctProducts(begun),
  }
}

function byProduct(ordered: readonly FeatureEvent[]): FeatureEvent[][] {
  const products = Map.groupBy(
    ordered.filter(({ productId }) => productId !== null),
    ({ productId }) => productId,
  )
  return [...products.values()]
}

function runs(
  pattern: RunPattern,
  ordered: readonly FeatureEvent[],
  definitions: FeatureDefinitions,
): Detection[] {
  return sessions(definitions, ordered).flatMap((session) => {
    const found: Detection[] = []
    let rest = session.slice(session.findIndex((event) => isStep(pattern, event)))
    while (rest.length > 0 && isStep(pattern, rest[0]!)) {
      const { category } = rest[0]!
      const next = rest.findIndex((event) => isStep(pattern, event) && event.category !== category)
      const detection = completion(pattern, next < 0 ? rest : rest.slice(0, next))
      if (detection !== null) found.push(detection)
      rest = next < 0 ? [] : rest.slice(next)
    }
    return found
  })
}

/** The first event of a run at which it was complete. */
function completion(pattern: RunPattern, run: readonly FeatureEvent[]): Detection | null {
  for (let length = 1; length <= run.length; length++) {
    const before = run.slice(0, length)
    const steps = before.filter((event) => isStep(pattern, event))
    const chosen = distinctProducts(
      before.filter(({ actionType, productId }, i) => {
        const seen = distinctProducts(before.slice(0, i).filter((event) => isStep(pattern, event)))
        return (
          pattern.also.includes(actionType) &&
          seen.slice(0, MOST_RUN_PRODUCTS).some((viewed) => viewed === productId)
        )
      }),
    )
    if (steps.length >= pattern.atLeast && chosen.length >= pattern.alsoAtLeast) {
      const { timestamp: beganMs, traceId: causeTraceId } = run[0]!
      const detectedMs = before.at(-1)!.timestamp
      return { pattern: pattern.name, beganMs, detectedMs, causeTraceId, productIds: chosen }
    }
  }
  return null
}

function isStep(pattern: RunPattern, { actionType, category }: FeatureEvent): boolean {
  return category !== null && pattern.actions.includes(actionType)
}

function distinctProducts(events: readonly FeatureEvent[]): string[] {
  return [...new Set(events.flatMap(({ productId }) => (productId === null ? [] : [productId])))]
}

/** The newest that still holds; of several completed at once, the one that is defined last. */
function heldPattern(
  definitions: FeatureDefinitions,
  detections: readonly Detection[],
  asOfMs: number,
): string | null {
  let held: { readonly name: string; readonly detectedMs: number } | null = null
  for (const { name, holdMs } of definitions.patterns) {
    const detectedMs = detections.findLast(({ pattern }) => pattern === name)?.detectedMs
    if (detectedMs === undefined || detectedMs + holdMs <= asOfMs) continue
    if (held === null || detectedMs >= held.detectedMs) held = { name, detectedMs }
  }
  return held?.name ?? null
}
