import { createCodec, type SchemaIds } from '../domain/codec.ts'
import { deadLetterTopic, PRODUCT_INVENTORY, USER_ACTION } from '../domain/topics.ts'
import type { Stream } from '../domain/trace-id.ts'
import { RepError } from '../errors/rep-error.ts'
import { conserve, type StageBooks } from '../measure/conservation.ts'
import { type FinalReading, finalRead, MARK } from '../measure/final-read.ts'
import { APPEND, type LedgerBuffers, openLedger } from '../measure/ledger.ts'
import { judgeLedger } from '../measure/ledger-verdict.ts'
import type { LedgerRecord, StageConservation } from '../measure/run-record.ts'
import type { EventLog, Position, StoredRecord } from '../ports/event-log.ts'
import { newCounters, type StageCounters } from '../stages/stage.ts'
import type { GroupOnTopic } from './backlog.ts'
import { groupsOf, STAGES, type StageName } from './stage-table.ts'

const DRIVEN_TOPICS = [USER_ACTION, PRODUCT_INVENTORY]

export interface AccountOptions {
  readonly log: EventLog
  readonly schemaIds: SchemaIds
  readonly ledger: LedgerBuffers
  /** Where every topic stood before the run. */
  readonly from: readonly Position[]
  /** That took part. */
  readonly stages: readonly StageName[]
  readonly counters: ReadonlyMap<string, StageCounters>
  readonly traceIdOf: (stream: Stream, sequence: number) => string
  /** True where the load goes over HTTP. */
  readonly overHttp: boolean
  /** True where other processes drive parts of the same schedule. */
  readonly shard: boolean
}

export interface Account {
  readonly ledger: LedgerRecord
  readonly conservation: readonly StageConservation[]
  readonly reading: FinalReading
  /** What the conservation was judged by. */
  readonly books: readonly StageBooks[]
}

/** Where the next record of every partition of these topics will go. */
export async function positionsNow(log: EventLog, topics: readonly string[]): Promise<Position[]> {
  const offsets = await Promise.all(topics.map((topic) => log.offsets(topic)))
  return offsets.flat().map(({ topic, partition, latest }) => ({ topic, partition, offset: latest }))
}

/** Closes the books of a run: reads the log from the run's beginning and judges every event and stage. */
export async function closeBooks(options: AccountOptions): Promise<Account> {
  const { log, schemaIds, ledger, from, stages, counters, traceIdOf } = options
  const of = (topics: readonly string[]) => from.filter(({ topic }) => topics.includes(topic))
  const committed = new Map([
    ['index', await log.committed(STAGES.behavior.group, USER_ACTION)],
    ['preference', await log.committed(STAGES.preference.group, USER_ACTION)],
    ['lake', await log.committed(STAGES.lake.group, USER_ACTION)],
  ])
  const reading = await finalRead({
    log,
    ledger,
    from: of(DRIVEN_TOPICS),
    deadLettersFrom: of(DRIVEN_TOPICS.map(deadLetterTopic)),
    traceIdOf: traceIdReader(schemaIds),
    committed,
  })
  const books = await Promise.all(
    stages.map(async (stage) => {
      const partitions = await Promise.all(groupsOf([stage]).map((group) => partitionsOf(options, group)))
      return { stage, counters: counters.get(stage) ?? newCounters(), partitions: partitions.flat() }
    }),
  )
  if (options.shard) return { ledger: ownLedger(options, reading), conservation: [], reading, books }
  return {
    ledger: judgeLedger({ ledger, reading, traceIdOf, overtaken: options.overHttp }),
    conservation: books.map(conserve),
    reading,
    books,
  }
}

/** Where a group stands on its topic, by partition. */
async function partitionsOf(
  { log, from }: AccountOptions,
  { group, topic }: GroupOnTopic,
): Promise<StageBooks['partitions']> {
  const [offsets, positions] = await Promise.all([log.offsets(topic), log.committed(group, topic)])
  const start = new Map(
    from.filter((at) => at.topic === topic).map(({ partition, offset }) => [partition, offset]),
  )
  return offsets.map(({ partition, latest }) => {
    const beginning = start.get(partition) ?? 0
    const position = positions.find((candidate) => candidate.partition === partition)
    return { from: beginning, committed: position?.offset ?? beginning, latest }
  })
}

/**
 * What a shard can say by itself: what became of its own appends. Effects of its events are partly the work of other
 * shards' stages, so they are judged when the ledgers are united.
 */
function ownLedger({ ledger, traceIdOf }: AccountOptions, reading: FinalReading): LedgerRecord {
  const streams = ledger.streams.map((stream) => ({ ...stream, stages: [], effects: [] }))
  const accounts = openLedger({ streams })
  const isSent = (sequence: number, at: number): boolean => accounts[at]!.states[sequence] !== APPEND.none
  let deadLetters = 0
  for (const [at, marks] of reading.marks.entries())
    for (const [sequence, mark] of marks.entries())
      if ((mark & MARK.deadLettered) !== 0 && isSent(sequence, at)) deadLetters++
  const own = { ...reading, deadLetters, reorderings: [] }
  return judgeLedger({ ledger: { streams }, reading: own, traceIdOf, sentOnly: true })
}

/** Reads the trace id of a driven record, also of a dead-lettered one; null where there is none to read. */
function traceIdReader(schemaIds: SchemaIds): (record: StoredRecord) => string | null {
  const codec = createCodec(schemaIds)
  return ({ topic, value }) => {
    try {
      const action = topic === USER_ACTION || topic === deadLetterTopic(USER_ACTION)
      return (action ? codec.decodeUserActionCore(value) : codec.decodeInventoryChange(value)).traceId
    } catch (error) {
      if (error instanceof RepError && error.code === 'REP_CODEC') return null
      throw error
    }
  }
}
