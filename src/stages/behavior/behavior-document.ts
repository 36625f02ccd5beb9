import type { UserActionFlat } from '../../domain/codec.ts'
import type { ActionType } from '../../domain/events.ts'

/** A user action as `user_behavior_index` keeps it; its id is the trace id, so a repeat replaces it. */
export interface BehaviorDocument {
  readonly id: string
  readonly fields: {
    readonly userId: string
    readonly sessionId: string
    readonly actionType: ActionType
    readonly productId: string | null
    readonly category: string | null
    readonly price: number | null
    readonly query: string | null
    /** Event time, milliseconds since the epoch. */
    readonly timestamp: number
    /** Where the whole event is, with its context and properties. */
    readonly partition: number
    readonly offset: number
    readonly [field: string]: unknown
  }
}

/** The document of an action that lies at this place of the log. */
export function behaviorDocument(
  action: UserActionFlat,
  partition: number,
  offset: number,
): BehaviorDocument {
  return {
    id: action.traceId,
    fields: {
      userId: action.userId,
      sessionId: action.sessionId,
      actionType: action.actionType,
      productId: action.productId,
      category: action.category,
      price: action.price,
      query: action.query,
      timestamp: action.timestamp,
      partition,
      offset,
    },
  }
}
