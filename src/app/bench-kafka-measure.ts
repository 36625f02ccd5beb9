import { RepError } from '../errors/rep-error.ts'
import { Random } from '../kernel/random.ts'
import { nowUs } from '../kernel/time.ts'
import { LatencyCounts } from '../measure/latency-counts.ts'
import { toHistogram } from '../measure/latency-histogram.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import type { Percentiles } from '../measure/run-record.ts'
import type { EventLog, LogRecord, StoredRecord } from '../ports/event-log.ts'

export interface BenchKafkaLoad {
  readonly topic: string
  /** Measured; a tenth more goes before them. */
  readonly records: number
  readonly valueBytes: number
  readonly batchRecords: number
  /** Appends under way at a time. */
  readonly inFlight: number
  readonly signal: AbortSignal
}

/** What a number of records cost. CPU time is that of this process with all its threads. */
export interface BenchKafkaCost {
  readonly recordsPerSecond: number
  readonly cpuSecondsPerMillion: number
}

export interface BenchKafkaFigures {
  /** Latency is from the call of append to its result. */
  readonly append: BenchKafkaCost & { readonly latency: Percentiles }
  readonly consume: BenchKafkaCost
}

const KEYS = 10_000
const VALUES = 256
const POLL_RECORDS = 500
const POLL_MS = 1000
const COMMIT_EVERY_POLLS = 20
const GIVE_UP_MS = 30_000

/** Appends in a closed loop. Rejects with REP_LOG_UNAVAILABLE where a record was not acknowledged. */
export async function measureAppends(
  log: EventLog,
  load: BenchKafkaLoad,
): Promise<BenchKafkaFigures['append']> {
  const batches = new Batches(load)
  await appendAll(log, load, { batches, records: warmUpOf(load), latency: new LatencyCounts() })
  const latency = new LatencyCounts()
  const meter = new Meter()
  const appended = await appendAll(log, load, { batches, records: load.records, latency })
  return { ...meter.cost(appended), latency: percentilesOf(toHistogram(latency.toSparse())) }
}

/** Reads all that was appended with a new group, committing now and then; before that, some of it with another. */
export async function measureConsumer(log: EventLog, load: BenchKafkaLoad): Promise<BenchKafkaCost> {
  const all = await recordsOf(log, load.topic)
  await consumeSome(log, load, { group: 'warm-up', records: Math.min(warmUpOf(load), all) })
  return consumeSome(log, load, { group: 'bench', records: all })
}

/**
 * CPU time counts from joining the group on, as what is fetched ahead of the first poll is paid for; records per
 * second count from when the partitions were assigned.
 */
async function consumeSome(
  log: EventLog,
  { topic, signal }: BenchKafkaLoad,
  { group, records: wanted }: { readonly group: string; readonly records: number },
): Promise<BenchKafkaCost> {
  const cpu = new Meter()
  let wall = cpu
  const onAssigned = async () => {
    wall = new Meter()
  }
  const consumer = await log.consume({ group, topics: [topic], maxRecords: POLL_RECORDS, onAssigned })
  let seen = 0
  let newestMs = performance.now()
  for (let polls = 1; seen < wanted; polls++) {
    const records = await consumer.poll(POLL_MS)
    stopOn(signal)
    if (records.length > 0) newestMs = performance.now()
    else if (performance.now() > newestMs + GIVE_UP_MS) throw stalled(seen, wanted)
    seen += records.length
    if (polls % COMMIT_EVERY_POLLS === 0) await consumer.commit(nextOffsets(topic, records))
  }
  const { recordsPerSecond } = wall.cost(seen)
  const { cpuSecondsPerMillion } = cpu.cost(seen)
  await consumer.close()
  return { recordsPerSecond, cpuSecondsPerMillion }
}

interface Appending {
  readonly batches: Batches
  readonly records: number
  readonly latency: LatencyCounts
}

/** Returns how many records were appended: whole batches, at least what was asked for. */
async function appendAll(log: EventLog, load: BenchKafkaLoad, appending: Appending): Promise<number> {
  const { batches, records, latency } = appending
  let left = Math.ceil(records / load.batchRecords)
  const total = left * load.batchRecords
  const lane = async () => {
    while (left-- > 0) {
      stopOn(load.signal)
      const batch = batches.next()
      const startUs = nowUs()
      const { failures } = await log.append(load.topic, batch)
      latency.record(nowUs() - startUs)
      if (failures !== undefined) throw failures[0]!.error
    }
  }
  await Promise.all(Array.from({ length: load.inFlight }, lane))
  return total
}

/** The same keys and values for every client: values are text over 64 characters, so half of their bits are used. */
class Batches {
  readonly #records: number
  readonly #keys: readonly Buffer[]
  readonly #values: readonly Buffer[]
  readonly #random = new Random(1, 'bench/kafka')

  constructor({ batchRecords, valueBytes }: BenchKafkaLoad) {
    this.#records = batchRecords
    this.#keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(`user-${String(i).padStart(6, '0')}`))
    this.#values = Array.from({ length: VALUES }, () =>
      Buffer.from(Uint8Array.from({ length: valueBytes }, () => 48 + (this.#random.u32() & 63))),
    )
  }

  next(): LogRecord[] {
    const dueUs = nowUs()
    return Array.from({ length: this.#records }, () => ({
      key: this.#keys[this.#random.u32() % KEYS]!,
      value: this.#values[this.#random.u32() % VALUES]!,
      dueUs,
    }))
  }
}

class Meter {
  readonly #startMs = performance.now()
  readonly #cpu = process.cpuUsage()

  cost(records: number): BenchKafkaCost {
    const seconds = (performance.now() - this.#startMs) / 1e3
    const { user, system } = process.cpuUsage(this.#cpu)
    return { recordsPerSecond: records / seconds, cpuSecondsPerMillion: (user + system) / records }
  }
}

const warmUpOf = ({ records }: BenchKafkaLoad): number => Math.ceil(records / 10)

async function recordsOf(log: EventLog, topic: string): Promise<number> {
  const offsets = await log.offsets(topic)
  return offsets.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
}

function nextOffsets(topic: string, records: readonly StoredRecord[]) {
  const next = new Map<number, number>()
  for (const { partition, offset } of records) next.set(partition, offset + 1)
  return [...next].map(([partition, offset]) => ({ topic, partition, offset }))
}

function stopOn(signal: AbortSignal): void {
  if (signal.aborted) throw new RepError('REP_INTERRUPTED', 'The measuring was interrupted.')
}

function stalled(seen: number, expected: number): RepError {
  return new RepError(
    'REP_LOG_UNAVAILABLE',
    `The consumer got ${seen} of ${expected} records, and no more in ${GIVE_UP_MS / 1000} s.`,
  )
}
