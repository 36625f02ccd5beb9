import type { ProcessUsage } from '../../measure/process-usage.ts'
import type { StageCounters, StageMeasure } from '../../stages/stage.ts'
import type { StageName } from '../stage-table.ts'

const MEASURES: readonly StageMeasure[] = ['index', 'preference', 'notify']
const KNOWN = 4
const ROW_BYTES = 21
const FIRST_ROWS = 256

/** What a worker says of itself beside its observations; all absolute. */
export interface ToldHead {
  readonly stages: Readonly<Record<string, StageCounters>>
  /** Partitions that it has now, by stage. */
  readonly assigned: Readonly<Partial<Record<StageName, number>>>
  readonly usage: ProcessUsage | null
  /** Texts that the embedding service did not answer. */
  readonly fallbackTexts: number
  /** How its clock stands to the lab's; null before it is known. */
  readonly clock: WorkerClock | null
  /** True in the last frame: it has settled and left. */
  readonly last: boolean
}

export interface WorkerClock {
  /** True on the same host: the same clock. */
  readonly shared: boolean
  readonly offsetUs: number
  readonly boundUs: number
}

/** One effect of one event. Times are on the lab's clock, µs. */
export interface Observation {
  measure: StageMeasure
  /** Found durable already, see StageObserver.known. */
  known: boolean
  /** Position of the event's stream in the plan; -1 for an event that the ledger does not follow. */
  stream: number
  sequence: number
  dueUs: number
  doneUs: number
}

/** Observations of a batch as rows of bytes: no object, and no JSON, an event. */
export class ObservationRows {
  #bytes = Buffer.allocUnsafe(FIRST_ROWS * ROW_BYTES)
  #end = 0

  get count(): number {
    return this.#end / ROW_BYTES
  }

  add(observation: Observation): void {
    if (this.#end === this.#bytes.length) this.#grow()
    const { measure, known, stream, sequence, dueUs, doneUs } = observation
    const bytes = this.#bytes
    bytes.writeDoubleLE(dueUs, this.#end)
    bytes.writeDoubleLE(doneUs, this.#end + 8)
    bytes.writeUInt32LE(Math.max(0, sequence), this.#end + 16)
    bytes[this.#end + 20] = MEASURES.indexOf(measure) | (known ? KNOWN : 0) | ((stream + 1) << 3)
    this.#end += ROW_BYTES
  }

  /** All rows, which are gone from here then. */
  take(): Buffer {
    const rows = Buffer.from(this.#bytes.subarray(0, this.#end))
    this.#end = 0
    return rows
  }

  #grow(): void {
    const grown = Buffer.allocUnsafe(this.#bytes.length * 2)
    this.#bytes.copy(grown)
    this.#bytes = grown
  }
}

/** Calls for each row; the observation is the same object each time. */
export function readRows(rows: Buffer, visit: (observation: Observation) => void): void {
  const row: Observation = { measure: 'index', known: false, stream: -1, sequence: 0, dueUs: 0, doneUs: 0 }
  for (let at = 0; at + ROW_BYTES <= rows.length; at += ROW_BYTES) {
    const what = rows[at + 20]!
    row.measure = MEASURES[what & 3] ?? 'index'
    row.known = (what & KNOWN) !== 0
    row.stream = (what >> 3) - 1
    row.sequence = rows.readUInt32LE(at + 16)
    row.dueUs = rows.readDoubleLE(at)
    row.doneUs = rows.readDoubleLE(at + 8)
    visit(row)
  }
}

/** Body of a `told` frame: its number, the length of its head, the head as JSON, the rows. */
export function toldBody(number: number, head: ToldHead, rows: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(head))
  const start = Buffer.allocUnsafe(8)
  start.writeUInt32LE(number, 0)
  start.writeUInt32LE(json.length, 4)
  return Buffer.concat([start, json, rows])
}

export function readTold(body: Buffer): { number: number; head: ToldHead; rows: Buffer } {
  const end = 8 + body.readUInt32LE(4)
  const head = JSON.parse(body.toString('utf8', 8, end)) as ToldHead
  return { number: body.readUInt32LE(0), head, rows: body.subarray(end) }
}
