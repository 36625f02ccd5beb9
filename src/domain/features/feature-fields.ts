import { ACTION_TYPES } from '../events.ts'
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

/** Name of the field that counts a kind of action. */
const COUNT_FIELDS = ACTION_TYPES.map((type) => [type, `session_${type.toLowerCase()}`] as const)

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
    for (const [type, field] of COUNT_FIELDS) {
      const count = session.counts[type]
      if (count !== undefined) fields[field] = String(count)
    }
  }
  if (Number.isFinite(features.asOfMs)) fields.as_of = String(features.asOfMs)
  fields.late_events = String(more.late)
  fields.updated_at = String(more.updatedAtMs)
  return fields
}
