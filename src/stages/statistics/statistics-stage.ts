import type { PipelineSettings } from '../../config/scenario.ts'
import { createCodec } from '../../domain/codec.ts'
import { dayOf } from '../../domain/event-partitions.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Consumer, Position, StoredRecord } from '../../ports/event-log.ts'
import type { Sql } from '../../ports/sql.ts'
import { type ConsumingStage, type OpenedStage, openStage } from '../open-stage.ts'
import { newCounters, type StageContext } from '../stage.ts'
import { TraceWindow } from '../trace-window.ts'
import { sourceOf } from './counters.ts'
import { Counting, type Stretch, type TakenEvent } from './counting.ts'
import { EventPartitions } from './event-partitions.ts'
import { type LoggedEvent, storeEvents } from './event-rows.ts'
import { Flusher } from './flusher.ts'
import { Progress } from './progress.ts'
import { COUNTED_TOPICS, readStatisticEvent, type StatisticEvent } from './statistic-event.ts'
import { StatisticsBatch } from './statistics-batch.ts'

export const STATISTICS_GROUP = 'rep-statistics'

/** Between two looks at the marks while nothing comes, ms. */
const CHECK_MS = 1000
/** Of a last flush, while counts are lost or others flush at the same time. */
const MOST_TRIES = 20

type Settings = Pick<PipelineSettings, 'statistics' | 'behavior'>

/** Opens the stage, its flusher and its consumer; run them with `runStage`. */
export async function openStatisticsStage(context: StageContext, settings: Settings): Promise<OpenedStage> {
  const sql = await context.stack.openSql()
  const { retentionDays } = settings.statistics
  const partitions = await EventPartitions.open(sql, { retentionDays })
  const stage = new StatisticsStage(context, settings, { sql, partitions })
  const { consumer } = await openStage(stage, context.stack.log, settings.statistics.batchRecords)
  stage.start()
  return { stage, consumer: closing(consumer, () => stage.halt()) }
}

/**
 * Stores every event as a row and counts it (docs/statistics.md). Rows first, then the counts by offset, then the
 * commit: each can be done again without doing it twice. The flusher beside it moves the counts to PostgreSQL.
 */
class StatisticsStage implements ConsumingStage {
  readonly name = 'statistics'
  readonly group = STATISTICS_GROUP
  readonly reads = COUNTED_TOPICS
  readonly writes: readonly string[] = []
  readonly counters = newCounters()
  readonly #context: StageContext
  readonly #settings: Settings
  readonly #sql: Sql
  readonly #partitions: EventPartitions
  readonly #read: (record: StoredRecord) => StatisticEvent | null
  readonly #windows: ReadonlyMap<string, TraceWindow>
  readonly #counting: Counting
  readonly #flusher: Flusher
  /** The next offset of each partition that is this member's. */
  readonly #positions = new Map<string, Position>()
  /** Trace ids of partitions that are being read again, up to an offset. */
  readonly #rereading = new Map<string, { readonly window: TraceWindow; readonly next: number }>()
  #consumer: Consumer | null = null
  #batch: StatisticsBatch | null = null
  #checkedMs = Number.NEGATIVE_INFINITY

  constructor(
    context: StageContext,
    settings: Settings,
    { sql, partitions }: { sql: Sql; partitions: EventPartitions },
  ) {
    const { log, keyValue, schemaIds } = context.stack
    const codec = createCodec(schemaIds)
    const say = (line: string): void => context.log(`${this.name}: ${line}`)
    this.#context = context
    this.#settings = settings
    this.#sql = sql
    this.#partitions = partitions
    this.#read = (record) => readStatisticEvent(codec, record)
    const { dedupeWindow } = settings.behavior
    this.#windows = new Map(COUNTED_TOPICS.map((topic) => [topic, new TraceWindow(dedupeWindow)]))
    const progress = new Progress(log, sql)
    const reread = (records: readonly StoredRecord[], from: Position) => this.#reread(records, from)
    this.#counting = new Counting({ log, keyValue, progress, reread, say })
    const periodMs = settings.statistics.flushMs
    this.#flusher = new Flusher({ keyValue, sql, periodMs, say })
  }

  start(): void {
    this.#flusher.start()
  }

  /** Names the consumer whose offsets the stage commits. */
  attach(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Begins partitions: how far they are counted, and which trace ids they held before these positions. */
  async begin(assigned: readonly Position[]): Promise<void> {
    await this.#counting.begin(assigned)
    for (const position of assigned) {
      await this.#refill(this.#windows.get(position.topic)!, position)
      this.#positions.set(sourceOf(position), position)
    }
  }

  async handle(source: readonly StoredRecord[]): Promise<void> {
    this.#flusher.check()
    const batch = this.#batch?.source === source ? this.#batch : this.#take(source)
    this.#batch = batch
    batch.stored(await this.#store(batch.unstored))
    await this.#counting.count(batch.stretches())
    this.#account(batch)
    await this.#consumer?.commit(batch.positions())
    this.#batch = null
    this.#rereading.clear()
  }

  async idle(): Promise<void> {
    this.#flusher.check()
    if (performance.now() - this.#checkedMs >= CHECK_MS) await this.#checkMarks()
  }

  async flush(): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.#checkMarks()
      if (await this.#flusher.finish()) return
      if (tries === MOST_TRIES)
        throw new RepError('REP_STORE_UNAVAILABLE', `Counts could not be flushed in ${tries} tries.`)
    }
  }

  async close(): Promise<void> {
    this.halt()
  }

  /** Ends the flusher's period without a last flush. */
  halt(): void {
    this.#flusher.halt()
  }

  #take(source: readonly StoredRecord[]): StatisticsBatch {
    const batch = new StatisticsBatch(source)
    this.counters.in += source.length
    for (let i = 0; i < source.length; i++) {
      const record = source[i]!
      let event = this.#read(record)
      if (event === null) this.counters.rejected++
      else if (!this.#windows.get(record.topic)!.add(record.partition, event.traceId)) {
        this.counters.duplicates++
        event = null
      }
      batch.take(record, event)
    }
    return batch
  }

  async #store(events: readonly LoggedEvent[]): Promise<boolean[]> {
    await this.#partitions.ensure(events.map(({ event }) => dayOf(event.timestampMs)))
    return storeEvents(this.#sql, events)
  }

  /** Reads events that are to be counted again: rows may be missing, and which of them count is found out anew. */
  async #reread(records: readonly StoredRecord[], from: Position): Promise<TakenEvent[]> {
    const window = await this.#rereadWindow(from)
    const events = records.flatMap((record) => {
      const event = this.#read(record)
      const { topic, partition, offset } = record
      return event !== null && window.add(partition, event.traceId)
        ? [{ event, topic, partition, offset }]
        : []
    })
    const counts = await this.#store(events)
    const last = records.at(-1)
    if (last !== undefined) this.#rereading.set(sourceOf(from), { window, next: last.offset + 1 })
    return events.map((event, i) => ({ ...event, counts: counts[i]!, counted: false }))
  }

  /** The trace ids before a position; those of the last read are kept where it goes on. */
  async #rereadWindow(from: Position): Promise<TraceWindow> {
    const known = this.#rereading.get(sourceOf(from))
    if (known?.next === from.offset) return known.window
    const window = new TraceWindow(this.#settings.behavior.dedupeWindow)
    await this.#refill(window, from)
    return window
  }

  async #refill(window: TraceWindow, position: Position): Promise<void> {
    await window.refill(this.#context.stack.log, [position], (record) => this.#read(record)?.traceId ?? null)
  }

  #account(batch: StatisticsBatch): void {
    for (const { counted } of batch.events) {
      if (counted) this.counters.out++
      else this.counters.duplicates++
    }
    for (const position of batch.positions()) this.#positions.set(sourceOf(position), position)
  }

  /** Looks whether the key-value store still has what it had; makes good what it has not. */
  async #checkMarks(): Promise<void> {
    const owned = new Set(this.#consumer?.assignment().map(sourceOf))
    for (const source of [...this.#positions.keys()]) if (!owned.has(source)) this.#positions.delete(source)
    await this.#counting.look([...owned])
    this.#checkedMs = performance.now()
    await this.#counting.count([...this.#positions.values()].map(emptyStretch))
    this.#rereading.clear()
  }
}

/** Nothing new, but all before it must be counted. */
function emptyStretch({ topic, partition, offset }: Position): Stretch {
  return { topic, partition, from: offset, to: offset, events: [] }
}

/** The consumer, whose end is also told to the stage. */
function closing(consumer: Consumer, onClose: () => void): Consumer {
  return {
    poll: (maxWaitMs, signal) => consumer.poll(maxWaitMs, signal),
    commit: (positions) => consumer.commit(positions),
    pause: (partitions) => consumer.pause(partitions),
    resume: (partitions) => consumer.resume(partitions),
    assignment: () => consumer.assignment(),
    close: () => {
      onClose()
      return consumer.close()
    },
  }
}
