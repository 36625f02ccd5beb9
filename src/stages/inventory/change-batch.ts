import type { InventoryChange } from '../../domain/events.ts'
import type { LogRecord, Position, StoredRecord } from '../../ports/event-log.ts'
import type { ProductStates } from './product-states.ts'

/** A change as it was read, with its due time. */
export interface TakenChange {
  readonly change: InventoryChange
  readonly dueUs: number
}

/** One batch and how far it has come, so that it can be tried again without doing anything twice. */
export class ChangeBatch {
  readonly source: readonly StoredRecord[]
  readonly changes: TakenChange[] = []
  letters: LogRecord[] = []
  products: ProductStates | null = null
  /** Position in `changes` of the first that is not announced. */
  next = 0

  constructor(source: readonly StoredRecord[]) {
    this.source = source
  }

  productIds(): Set<string> {
    return new Set(this.changes.map(({ change }) => change.productId))
  }

  /** The offsets behind the batch. */
  positions(): Position[] {
    const next = new Map<number, Position>()
    for (const { topic, partition, offset } of this.source) {
      next.set(partition, { topic, partition, offset: offset + 1 })
    }
    return [...next.values()]
  }
}
