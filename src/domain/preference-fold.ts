import { applyAction } from './preference.ts'
import { addPurchase, type PreferenceRecord } from './preference-record.ts'
import { NO_TRACE_ID } from './trace-id.ts'

/** What an action does to its user's preference. */
export interface PreferenceStep {
  readonly traceId: string
  readonly partition: number
  readonly offset: number
  readonly weight: number
  /** Of the product or query, length 1; null where there is none: the action counts, but moves nothing. */
  readonly vector: Float32Array | null
  /** The product bought; null for any other action. */
  readonly purchasedId: string | null
}

/** The preference of a user without actions; its vector is `vector`, which must be zero. */
export function emptyPreference(vector: Float32Array): PreferenceRecord {
  return {
    offset: -1,
    partition: 0,
    actionCount: 0,
    updatedAtMs: 0,
    lastTraceId: NO_TRACE_ID,
    vector,
    recentPurchases: [],
  }
}

/**
 * Applies one action to a record in place. False, and nothing changed, when the record's last applied offset
 * shows that it was applied before; offsets of another partition say nothing, for the topic was laid out anew.
 */
export function foldAction(record: PreferenceRecord, step: PreferenceStep, alpha: number): boolean {
  if (record.partition === step.partition && step.offset <= record.offset) return false
  if (step.vector !== null) applyAction(record.vector, step.vector, alpha, step.weight)
  if (step.purchasedId !== null)
    record.recentPurchases = addPurchase(record.recentPurchases, step.purchasedId)
  record.partition = step.partition
  record.offset = step.offset
  record.lastTraceId = step.traceId
  record.actionCount++
  return true
}
