import type { FaultStep } from '../config/scenario.ts'
import { createCodec, type EventCodec, LOCAL_SCHEMA_IDS, type SchemaIds } from '../domain/codec.ts'
import { USER_ACTION } from '../domain/topics.ts'
import { nowUs } from '../kernel/time.ts'
import type { AppendFailure, AppendResult, EventLog, LogRecord } from '../ports/event-log.ts'
import { type InjectedFaults, type Injection, MOST_LISTED } from './fault-counts.ts'
import { type AlteredBatch, RecordFaults } from './record-faults.ts'
import { Stall } from './stall.ts'

/** A log whose appends of user actions suffer faults. */
export interface FaultyLog extends EventLog {
  readonly injected: InjectedFaults
  /** Stores what still waits for a successor; call it after the last append. `close` does so too. */
  release(): Promise<void>
}

/**
 * Puts faults between a caller and a log, to see whether the ledger finds them. Only appends of user actions
 * are touched; a record that is lost is acknowledged with the offset -1, one that is reordered at once with
 * the offset -1, before it is stored.
 */
export function withFaults(
  log: EventLog,
  steps: readonly FaultStep[],
  schemaIds: SchemaIds = LOCAL_SCHEMA_IDS,
): FaultyLog {
  const appends = new FaultyAppends(log, steps, schemaIds)
  return {
    capabilities: log.capabilities,
    get injected() {
      return appends.injected
    },
    release: () => appends.release(),
    append: (topic, batch, signal) =>
      topic === USER_ACTION && steps.length > 0
        ? appends.append(batch, signal)
        : log.append(topic, batch, signal),
    ensureTopics: (topics) => log.ensureTopics(topics),
    consume: (options) => log.consume(options),
    read: (from, maxRecords) => log.read(from, maxRecords),
    offsets: (topic) => log.offsets(topic),
    committed: (group, topic) => log.committed(group, topic),
    retain: (topic, limits) => log.retain(topic, limits),
    close: async () => {
      await appends.release()
      await log.close()
    },
  }
}

class FaultyAppends {
  readonly #log: EventLog
  readonly #faults: RecordFaults
  readonly #stalls: readonly Stall[]
  readonly #codec: EventCodec
  readonly #counts = { lose: 0, duplicate: 0, reorder: 0 }
  readonly #listed: Injection[] = []
  #firstUs = 0
  /** Acknowledged before, and not stored when their append failed. */
  #stranded: LogRecord[] = []

  constructor(log: EventLog, steps: readonly FaultStep[], schemaIds: SchemaIds) {
    this.#log = log
    this.#codec = createCodec(schemaIds)
    this.#faults = new RecordFaults(steps.filter((step) => step.kind !== 'stall'))
    this.#stalls = steps.flatMap((step) => (step.kind === 'stall' ? [new Stall(step)] : []))
  }

  get injected(): InjectedFaults {
    const stalled = this.#stalls.reduce((sum, { held }) => sum + held, 0)
    return { counts: { ...this.#counts }, listed: [...this.#listed], stalled }
  }

  async append(batch: readonly LogRecord[], signal?: AbortSignal): Promise<AppendResult> {
    if (this.#firstUs === 0) this.#firstUs = nowUs()
    for (const stall of this.#stalls) {
      const over = stall.wait(this.#firstUs)
      if (over !== null) await over
    }
    const altered = this.#faults.alter(batch)
    if (altered.records.length === 0) {
      this.#note(altered)
      return acknowledged(batch.length)
    }
    let result: AppendResult
    try {
      result = await this.#log.append(USER_ACTION, altered.records, signal)
    } catch (error) {
      this.#strand(altered, altered.records.keys())
      throw error
    }
    this.#strand(
      altered,
      (result.failures ?? []).map(({ position }) => position),
    )
    this.#note(altered, result)
    return asHandedOver(batch.length, altered, result)
  }

  async release(): Promise<void> {
    const waiting = [...this.#stranded, ...this.#faults.release()]
    this.#stranded = []
    if (waiting.length > 0) await this.#log.append(USER_ACTION, waiting)
  }

  /** Keeps records of earlier batches that were not stored: their senders believe that they were. */
  #strand({ records, faults }: AlteredBatch, failed: Iterable<number>): void {
    const held = new Set(faults.filter(({ kind }) => kind === 'reorder').map(({ record }) => record))
    for (const position of failed) {
      const record = records[position]!
      if (held.has(record)) this.#stranded.push(record)
    }
  }

  #note({ records, faults }: AlteredBatch, result: AppendResult | null = null): void {
    const failed = new Set((result?.failures ?? []).map(({ position }) => records[position]!))
    for (const { kind, number, record } of faults) {
      if (failed.has(record)) continue
      this.#counts[kind]++
      if (this.#listed.length === MOST_LISTED) continue
      const { traceId } = this.#codec.decodeUserActionCore(record.value)
      this.#listed.push({ kind, number, traceId })
    }
  }
}

/** The log's answer in the positions of the batch that was handed over. */
function asHandedOver(length: number, { origins }: AlteredBatch, result: AppendResult): AppendResult {
  const answer = acknowledged(length)
  origins.forEach((origin, position) => {
    if (origin < 0) return
    answer.partitions[origin] = result.partitions[position]!
    answer.offsets[origin] = result.offsets[position]!
  })
  const failures: AppendFailure[] = []
  for (const failure of result.failures ?? []) {
    const origin = origins[failure.position]!
    if (origin >= 0) failures.push({ ...failure, position: origin })
  }
  return failures.length === 0 ? answer : { ...answer, failures }
}

function acknowledged(length: number): AppendResult {
  return { partitions: new Int32Array(length).fill(-1), offsets: new Float64Array(length).fill(-1) }
}
