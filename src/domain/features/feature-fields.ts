import type { FeatureDefinitions, UserFeatures } from './definitions.ts'

/** Names that a definition must not have, because a field of the hash has it. */
export const FIXED_FIELDS = [
  'as_of',
  'updated_at',
  'pattern_detected',
  'late_events',
  'session_start',
  'session_length_ms',
  'session_events',
  'session_closed',
] as const

/** A user's features as the hash `user_features:{userId}` has them; a window that holds nothing has no field. */
export function featureFields(
  { windows }: FeatureDefinitions,
  features: UserFeatures,
  more: { readonly late: number; readonly updatedAtMs: number },
): Record<string, string> {
  const { session } = features
  const fields: Record<string, string> = {}
  for (const [i, { name }] of windows.entries()) {
    const value = features.windows[i] ?? null
    if (value !== null) fields[name] = String(value)
  }
  fields.pattern_detected = features.pattern ?? 'none'
  if (session !== null) {
    fields.session_start = String(session.startMs)
    fields.session_length_ms = String(session.lastMs - session.startMs)
    fields.session_events = String(session.events)
    fields.session_closed = String(features.sessionClosed)
    for (const [type, count] of Object.entries(session.counts))
      fields[`session_${type.toLowerCase()}`] = String(count)
  }
  if (Number.isFinite(features.asOfMs)) fields.as_of = String(features.asOfMs)
  fields.late_events = String(more.late)
  fields.updated_at = String(more.updatedAtMs)
  return fields
}
