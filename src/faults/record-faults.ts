import type { FaultStep } from '../config/scenario.ts'
import type { LogRecord } from '../ports/event-log.ts'
import type { RecordFault } from './fault-counts.ts'

type RecordStep = Extract<FaultStep, { readonly every: number }>

/** A batch as it will be stored. */
export interface AlteredBatch {
  readonly records: readonly LogRecord[]
  /** By position in `records`: the position in the batch that was handed over, -1 for one of an earlier batch. */
  readonly origins: readonly number[]
  /** What is done to records with this batch. */
  readonly faults: readonly {
    readonly kind: RecordFault
    readonly number: number
    readonly record: LogRecord
  }[]
}

/** A record that waits for its successor; its bytes are copied, since a batch's memory is used again. */
interface Held {
  readonly number: number
  readonly record: LogRecord
}

/**
 * Alters batches by counting their records, so that the same records in the same order suffer the same
 * faults, however they are cut into batches. Of several steps that hit a record the first counts.
 */
export class RecordFaults {
  readonly #steps: readonly RecordStep[]
  /** By key. */
  readonly #held = new Map<string, Held>()
  #number = 0

  constructor(steps: readonly RecordStep[]) {
    this.#steps = steps
  }

  alter(batch: readonly LogRecord[]): AlteredBatch {
    const records: LogRecord[] = []
    const origins: number[] = []
    const faults: AlteredBatch['faults'][number][] = []
    const store = (record: LogRecord, origin: number): void => {
      records.push(record)
      origins.push(origin)
    }
    batch.forEach((record, position) => {
      const number = ++this.#number
      const kind = this.#steps.find(({ every }) => number % every === 0)?.kind
      const key = Buffer.from(record.key).toString('latin1')
      const held = this.#held.get(key)
      // A key with a record that waits already gets no second one: this is the successor that it waits for.
      if (kind === 'reorder' && held === undefined) {
        this.#held.set(key, { number, record: copyOf(record) })
        return
      }
      if (kind === 'lose') {
        faults.push({ kind, number, record })
        return
      }
      store(record, position)
      if (kind === 'duplicate') {
        store(record, -1)
        faults.push({ kind, number, record })
      }
      if (held === undefined) return
      this.#held.delete(key)
      store(held.record, -1)
      faults.push({ kind: 'reorder', ...held })
    })
    return { records, origins, faults }
  }

  /** Gives up the records whose successor has not come; they are in order. */
  release(): LogRecord[] {
    const waiting = [...this.#held.values()].map(({ record }) => record)
    this.#held.clear()
    return waiting
  }
}

/** A Buffer's own `slice` shares memory: only a new array is a copy of either kind. */
function copyOf(record: LogRecord): LogRecord {
  return { ...record, key: new Uint8Array(record.key), value: new Uint8Array(record.value) }
}
