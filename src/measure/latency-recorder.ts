import { LatencyCounts, type SparseCounts } from './latency-counts.ts'
import type { MeasureName } from './run-record.ts'

/** What a recorder counted since it was last asked: survives a structured clone. */
export interface RecorderSnapshot {
  readonly measures: ReadonlyMap<MeasureName, MeasureSnapshot>
  /** Send time minus due time in the measured part. */
  readonly scheduleLag: SparseCounts
  /** Events sent, by the second of their due time; below 0 in the warm-up. */
  readonly sent: ReadonlyMap<number, number>
}

export interface MeasureSnapshot {
  /** Due to done by the second of the due time; below 0 in the warm-up. A second may come in several parts. */
  readonly seconds: readonly SecondCounts[]
  /** In the measured part, where the send time is known. */
  readonly sendToDone: SparseCounts
  /** In the measured part. */
  readonly failed: number
}

export interface SecondCounts {
  readonly second: number
  readonly counts: SparseCounts
}

/** Seconds of due time that a measure keeps open; a late sample reopens a closed one as another part. */
const OPEN_SECONDS = 16

/** Counts of one thread. Warm-up (due before `measuredFromUs`) is kept apart by its negative seconds. */
export class LatencyRecorder {
  readonly #measuredFromUs: number
  readonly #measures = new Map<MeasureName, MeasureRecorder>()
  readonly #scheduleLag = new LatencyCounts()
  #sent = new Map<number, number>()
  #second = Number.NaN
  #sentInSecond = 0

  /** `measuredFromUs`: first due time of the measured part, µs on the host's monotonic clock. */
  constructor(measuredFromUs: number) {
    this.#measuredFromUs = measuredFromUs
  }

  /** The recorder of one measure; keep it rather than ask for each sample. */
  measure(name: MeasureName): MeasureRecorder {
    let recorder = this.#measures.get(name)
    if (recorder === undefined) {
      recorder = new MeasureRecorder(this.#measuredFromUs)
      this.#measures.set(name, recorder)
    }
    return recorder
  }

  /** One event was handed to the driver; `readyUs`: when it could be at the earliest, where that is not its due time. */
  sent(dueUs: number, sentUs: number, readyUs = dueUs): void {
    if (dueUs >= this.#measuredFromUs) this.#scheduleLag.record(sentUs - readyUs)
    const second = Math.floor((dueUs - this.#measuredFromUs) / 1e6)
    if (second !== this.#second) this.#turnTo(second)
    this.#sentInSecond++
  }

  /** Everything since the last `take`. Taken once a second, a recorder's memory stays flat. */
  take(): RecorderSnapshot {
    this.#turnTo(Number.NaN)
    const measures = new Map<MeasureName, MeasureSnapshot>()
    for (const [name, recorder] of this.#measures) measures.set(name, recorder.take())
    const snapshot = { measures, scheduleLag: this.#scheduleLag.toSparse(), sent: this.#sent }
    this.#scheduleLag.clear()
    this.#sent = new Map()
    return snapshot
  }

  #turnTo(second: number): void {
    if (this.#sentInSecond > 0) {
      this.#sent.set(this.#second, (this.#sent.get(this.#second) ?? 0) + this.#sentInSecond)
    }
    this.#sentInSecond = 0
    this.#second = second
  }
}

/** Counts of one measure in one thread. */
export class MeasureRecorder {
  readonly #measuredFromUs: number
  readonly #open = new Map<number, LatencyCounts>()
  readonly #sendToDone = new LatencyCounts()
  #closed: SecondCounts[] = []
  #second = Number.NaN
  #current = new LatencyCounts()
  #failed = 0

  constructor(measuredFromUs: number) {
    this.#measuredFromUs = measuredFromUs
  }

  /** One thing got done. `sentUs` below 0: not known here, so send to done gets no sample. */
  done(dueUs: number, doneUs: number, sentUs = -1): void {
    const second = Math.floor((dueUs - this.#measuredFromUs) / 1e6)
    if (second !== this.#second) this.#turnTo(second)
    this.#current.record(doneUs - dueUs)
    if (sentUs >= 0 && second >= 0) this.#sendToDone.record(doneUs - sentUs)
  }

  /** One thing will never get done. */
  failed(dueUs: number): void {
    if (dueUs >= this.#measuredFromUs) this.#failed++
  }

  /** Everything since the last `take`. */
  take(): MeasureSnapshot {
    for (const second of this.#open.keys()) this.#close(second)
    const snapshot = { seconds: this.#closed, sendToDone: this.#sendToDone.toSparse(), failed: this.#failed }
    this.#closed = []
    this.#sendToDone.clear()
    this.#failed = 0
    this.#second = Number.NaN
    return snapshot
  }

  /** The map's order is that of last use, so that seconds that take turns all stay open. */
  #turnTo(second: number): void {
    const open = this.#open.get(second)
    if (open === undefined) {
      const [oldest] = this.#open.keys()
      if (this.#open.size >= OPEN_SECONDS && oldest !== undefined) this.#close(oldest)
    } else {
      this.#open.delete(second)
    }
    this.#current = open ?? new LatencyCounts()
    this.#open.set(second, this.#current)
    this.#second = second
  }

  #close(second: number): void {
    const counts = this.#open.get(second)
    this.#open.delete(second)
    if (counts !== undefined && counts.total > 0) this.#closed.push({ second, counts: counts.toSparse() })
  }
}
