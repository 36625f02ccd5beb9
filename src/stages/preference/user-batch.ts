import type { UserActionCore } from '../../domain/codec.ts'
import type { PreferenceStep } from '../../domain/preference-fold.ts'
import type { StoredRecord } from '../../ports/event-log.ts'

/** One action of a batch, with what it needs to be applied and accounted for. */
export interface PendingAction extends PreferenceStep {
  readonly productId: string | null
  /** Text of a search; null for any other action. */
  readonly query: string | null
  readonly dueUs: number
  vector: Float32Array | null
}

/** A batch by user. Users are taken out as their actions become durable. */
export class UserBatch {
  readonly source: readonly StoredRecord[]
  readonly users = new Map<string, PendingAction[]>()
  /** True once the marks of the key-value store say that all of it is applied. */
  marked = false
  /** By partition: the offset after the last record that was taken. */
  readonly next = new Map<number, number>()

  constructor(source: readonly StoredRecord[]) {
    this.source = source
  }

  /** Notes that a record was taken, whatever it was. */
  advance(partition: number, offset: number): void {
    this.next.set(partition, offset + 1)
  }

  add(action: UserActionCore, record: StoredRecord, weight: number): void {
    const { actionType, traceId, productId } = action
    const pending: PendingAction = {
      traceId,
      partition: record.partition,
      offset: record.offset,
      weight,
      vector: null,
      purchasedId: actionType === 'PURCHASE' ? productId : null,
      productId,
      query: actionType === 'SEARCH' ? action.query : null,
      dueUs: record.dueUs,
    }
    const actions = this.users.get(action.userId)
    if (actions === undefined) this.users.set(action.userId, [pending])
    else actions.push(pending)
  }

  /** True when nothing of it is left to be stored. */
  get applied(): boolean {
    return this.users.size === 0 && this.marked
  }
}
