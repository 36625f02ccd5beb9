import type { HttpFailure } from '../load/http-connection.ts'
import type { HttpLoadObserver, HttpLoadResult, RequestTimes } from '../load/http-load.ts'
import { LatencyCounts } from '../measure/latency-counts.ts'
import { toHistogram } from '../measure/latency-histogram.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import type { Percentiles } from '../measure/run-record.ts'
import { invalidReasons } from '../measure/validity.ts'

/** What a fixed-rate run of HTTP requests measured; requests due in the warm-up are left out. */
export interface BenchFiguresResult {
  /** Requests that came due. sent = completed + failedTotal, always. */
  readonly sent: number
  /** Responses with a status of 2xx. */
  readonly completed: number
  /** By status (`404`) or kind (`timeout`, `connection`, `protocol`, `cancelled`, `unsent`). */
  readonly failed: Readonly<Record<string, number>>
  readonly failedTotal: number
  /** Of completed requests; due to done is what a service is judged by. */
  readonly dueToDone: Percentiles
  readonly sendToDone: Percentiles
  /** The generator's own lateness. */
  readonly scheduleLag: Percentiles
  /** CPU time of this process, all its threads, per 10,000 requests; null when none came due. */
  readonly cpuSecondsPer10k: number | null
  readonly valid: boolean
  readonly invalidReasons: readonly string[]
}

/** Counts the requests of a run as they end. */
export class BenchFigures implements HttpLoadObserver {
  /** Requests that came due and responses that came, the warm-up's included: for progress. */
  readonly seen = { due: 0, responded: 0 }
  readonly #warmupUs: number
  readonly #dueToDone = new LatencyCounts()
  readonly #sendToDone = new LatencyCounts()
  readonly #lag = new LatencyCounts()
  readonly #failed: Record<string, number> = {}
  #measuredFromUs = Number.POSITIVE_INFINITY
  #cpuBefore: NodeJS.CpuUsage | null = null

  constructor(warmupMs: number) {
    this.#warmupUs = warmupMs * 1e3
  }

  started(originUs: number): void {
    this.#measuredFromUs = originUs + this.#warmupUs
  }

  due(dueUs: number, lagUs: number): void {
    this.seen.due++
    if (dueUs < this.#measuredFromUs) return
    this.#cpuBefore ??= process.cpuUsage()
    this.#lag.record(lagUs)
  }

  responded(status: number, { dueUs, sendUs, doneUs }: RequestTimes): void {
    this.seen.responded++
    if (dueUs < this.#measuredFromUs) return
    if (status < 200 || status > 299) {
      this.#fail(String(status))
      return
    }
    this.#dueToDone.record(doneUs - dueUs)
    this.#sendToDone.record(doneUs - sendUs)
  }

  failed(failure: HttpFailure, { dueUs }: RequestTimes): void {
    if (dueUs >= this.#measuredFromUs) this.#fail(failure)
  }

  result(run: Pick<HttpLoadResult, 'unsent'>, lagLimitMs: number): BenchFiguresResult {
    const cpu = this.#cpuBefore === null ? null : process.cpuUsage(this.#cpuBefore)
    const sent = this.#lag.total
    // Waiting requests are the latest of the schedule: they are all of the measured part, unless it never came.
    const unsent = Math.min(run.unsent, sent)
    const failed = unsent === 0 ? this.#failed : { ...this.#failed, unsent }
    const scheduleLag = toHistogram(this.#lag.toSparse())
    const reasons = invalidReasons({
      limits: { scheduleLagP99Ms: lagLimitMs, eventLoopP99Ms: Number.POSITIVE_INFINITY },
      scheduleLag,
      eventLoops: [],
      offered: sent,
      sent,
    })
    return {
      sent,
      completed: this.#dueToDone.total,
      failed,
      failedTotal: Object.values(failed).reduce((sum, count) => sum + count, 0),
      dueToDone: percentilesOf(toHistogram(this.#dueToDone.toSparse())),
      sendToDone: percentilesOf(toHistogram(this.#sendToDone.toSparse())),
      scheduleLag: percentilesOf(scheduleLag),
      cpuSecondsPer10k: cpu === null || sent === 0 ? null : ((cpu.user + cpu.system) / 1e6 / sent) * 1e4,
      valid: reasons.length === 0,
      invalidReasons: reasons,
    }
  }

  #fail(what: string): void {
    this.#failed[what] = (this.#failed[what] ?? 0) + 1
  }
}
