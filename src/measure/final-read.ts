import { RepError } from '../errors/rep-error.ts'
import type { EventLog, PartitionOffsets, Position, StoredRecord } from '../ports/event-log.ts'
import { type LedgerBuffers, openLedger, type StreamAccount, TraceFinder } from './ledger.ts'

/**
 * Two bytes an event: how often the log holds it, up to 15, and what is known of it. From `passed` on, one bit a
 * stage: its group has committed past the event. They depend on the log alone, not on the effects seen here, so that
 * readings of several processes can be united.
 */
export const MARK = { times: 0x0f, reordered: 0x10, deadLettered: 0x20, passed: 0x40 } as const
/** Stages that the marks have room for. */
export const MOST_STAGES = 10

/** The mark of an event that this stage of its stream has committed past. */
export function passedMark(stage: number): number {
  return MARK.passed << stage
}

export interface FinalReadOptions {
  readonly log: Pick<EventLog, 'read' | 'offsets'>
  readonly ledger: LedgerBuffers
  /** Where the run began, for every partition of every topic that its events were sent to. */
  readonly from: readonly Position[]
  /** The same for the dead-letter topics. */
  readonly deadLettersFrom: readonly Position[]
  /** The trace id in a record, null when there is none to be read. */
  readonly traceIdOf: (record: StoredRecord) => string | null
  /**
   * Next offsets that each stage's group committed; absent for a stage without a group, which had its
   * time when the drain was over.
   */
  readonly committed: ReadonlyMap<string, readonly Position[]>
  readonly signal?: AbortSignal
}

/** What a fresh reader found. */
export interface FinalReading {
  /** Records read, without the dead letters. */
  readonly records: number
  /** Records with a readable trace id of nobody's in this ledger. */
  readonly foreign: number
  /** Records without a readable trace id. */
  readonly undecodable: number
  readonly deadLetters: number
  /** Marks by stream, in the ledger's order: bits of MARK. */
  readonly marks: readonly Uint16Array[]
  /** Partitions whose beginning retention had dropped: absence there proves nothing. */
  readonly truncated: readonly Position[]
  /** The first few reorderings: where each was found. */
  readonly reorderings: readonly { readonly traceId: string; readonly detail: string }[]
}

const BATCH_RECORDS = 2000
const MOST_REORDERINGS = 5

/**
 * Reads every partition from the run's beginning to its present end, in no group, and marks what it finds.
 * Rejects with REP_LOG_UNAVAILABLE when a partition cannot be read to its end: absence must be seen, not assumed.
 */
export async function finalRead(options: FinalReadOptions): Promise<FinalReading> {
  const reader = new Reader(options)
  for (const start of options.deadLettersFrom) {
    await readPartition(options, start, (batch) => reader.takeDeadLetters(batch))
  }
  for (const start of options.from) {
    reader.begin(start)
    const earliest = await readPartition(options, start, (batch) => reader.take(batch))
    if (earliest > start.offset) reader.truncated.push({ ...start, offset: earliest })
  }
  return reader
}

/** Returns the first offset that could still be read. */
async function readPartition(
  { log, signal }: FinalReadOptions,
  start: Position,
  take: (batch: readonly StoredRecord[]) => void,
): Promise<number> {
  const { earliest, latest } = partitionOf(await log.offsets(start.topic), start)
  let offset = Math.max(start.offset, earliest)
  while (offset < latest) {
    signal?.throwIfAborted()
    const batch = await log.read({ ...start, offset }, BATCH_RECORDS)
    const last = batch[batch.length - 1]
    if (last === undefined) {
      const place = `${start.topic}, partition ${start.partition}`
      throw new RepError(
        'REP_LOG_UNAVAILABLE',
        `The final read of ${place} stopped at offset ${offset} of ${latest}.`,
      )
    }
    take(batch)
    offset = last.offset + 1
  }
  return earliest
}

function partitionOf(offsets: readonly PartitionOffsets[], { topic, partition }: Position): PartitionOffsets {
  const found = offsets.find((candidate) => candidate.partition === partition)
  if (found === undefined)
    throw new RepError('REP_LOG_TOPIC', `${topic} has no partition ${partition} any more.`)
  return found
}

class Reader implements FinalReading {
  records = 0
  foreign = 0
  undecodable = 0
  deadLetters = 0
  readonly marks: Uint16Array[]
  readonly truncated: Position[] = []
  readonly reorderings: { traceId: string; detail: string }[] = []
  readonly #options: FinalReadOptions
  readonly #accounts: readonly StreamAccount[]
  readonly #finder: TraceFinder
  /** Per stream: the highest sequence number of each key; a key lives on one partition. */
  #latest: Map<string, number>[] = []
  /** Per stream and stage: the next offset that the stage committed on this partition. */
  #committed: number[][] = []

  constructor(options: FinalReadOptions) {
    this.#options = options
    this.#accounts = openLedger(options.ledger)
    this.#finder = new TraceFinder(this.#accounts, options.ledger.aliases)
    this.marks = this.#accounts.map(({ states }) => new Uint16Array(states.length))
  }

  begin({ topic, partition }: Position): void {
    this.#latest = this.#accounts.map(() => new Map())
    const committed = (stage: string): number => {
      const positions = this.#options.committed.get(stage)
      if (positions === undefined) return Number.POSITIVE_INFINITY
      return positions.find((p) => p.topic === topic && p.partition === partition)?.offset ?? 0
    }
    this.#committed = this.#accounts.map(({ stages }) => stages.map(committed))
  }

  takeDeadLetters(batch: readonly StoredRecord[]): void {
    this.deadLetters += batch.length
    for (const record of batch) {
      const traceId = this.#options.traceIdOf(record)
      const at = traceId === null ? -1 : this.#find(traceId)
      if (at >= 0) this.marks[at]![this.#finder.sequence]! |= MARK.deadLettered
    }
  }

  take(batch: readonly StoredRecord[]): void {
    this.records += batch.length
    for (const record of batch) {
      const traceId = this.#options.traceIdOf(record)
      const at = traceId === null ? -1 : this.#find(traceId)
      if (traceId === null) this.undecodable++
      else if (at < 0) this.foreign++
      else this.#mark(at, record, traceId)
    }
  }

  /** The stream's number, and its sequence number in the finder; -1 for an event of nobody's here. */
  #find(traceId: string): number {
    if (!this.#finder.find(traceId)) return -1
    const at = this.#accounts.indexOf(this.#finder.account)
    return this.#finder.sequence < this.marks[at]!.length ? at : -1
  }

  #mark(at: number, record: StoredRecord, traceId: string): void {
    const { sequence } = this.#finder
    const marks = this.marks[at]!
    const times = marks[sequence]! & MARK.times
    if (times < MARK.times) marks[sequence]!++
    // Only a first copy can be out of order: a second one is a duplicate, wherever it stands.
    if (times === 0 && this.#isLate(at, record, traceId)) marks[sequence]! |= MARK.reordered
    const committed = this.#committed[at]!
    for (let stage = 0; stage < committed.length; stage++) {
      if (record.offset < committed[stage]!) marks[sequence]! |= passedMark(stage)
    }
  }

  #isLate(at: number, record: StoredRecord, traceId: string): boolean {
    const { key, offset, partition, topic } = record
    const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
    const { sequence } = this.#finder
    const latest = this.#latest[at]!.get(name)
    if (latest === undefined || latest < sequence) {
      this.#latest[at]!.set(name, sequence)
      return false
    }
    if (this.reorderings.length < MOST_REORDERINGS) {
      const place = `${topic}, partition ${partition}, offset ${offset}`
      this.reorderings.push({
        traceId,
        detail: `event ${sequence} stands after event ${latest} of its key: ${place}`,
      })
    }
    return true
  }
}
