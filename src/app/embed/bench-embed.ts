import { nowUs } from '../../kernel/time.ts'
import { generateCatalogue } from '../../load/catalogue.ts'
import { Pacer } from '../../load/pacer.ts'
import { createSchedule } from '../../load/schedule.ts'
import { LatencyCounts } from '../../measure/latency-counts.ts'
import { toHistogram } from '../../measure/latency-histogram.ts'
import { percentileMs, percentilesOf } from '../../measure/percentiles.ts'
import type { Percentiles } from '../../measure/run-record.ts'
import { invalidReasons } from '../../measure/validity.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { type ModelWish, openModel } from './open-model.ts'

export interface BenchEmbedOptions {
  /** Texts per second, one a call, as a Poisson process. */
  readonly rate: number
  readonly durationMs: number
  /** Before it, at the same rate. Default 2 s. */
  readonly warmupMs?: number
  readonly seed: number
  /** Most schedule lag, p99, of a valid run. Default 10 ms. */
  readonly lagLimitMs?: number
  readonly signal: AbortSignal
}

export interface BenchEmbedResult {
  readonly model: string
  readonly dims: number
  readonly threads: number
  readonly rate: number
  /** sent = completed + failed. */
  readonly sent: number
  readonly completed: number
  readonly failed: number
  readonly firstError: string | null
  readonly dueToDone: Percentiles
  /** Of due to done. */
  readonly p95Ms: number | null
  readonly sendToDone: Percentiles
  readonly scheduleLag: Percentiles
  /** Texts of a batch, on average; null when none was computed. */
  readonly meanBatch: number | null
  /** Of the process with the model in all threads, and what each thread added to it. */
  readonly rssBytes: number
  readonly rssBytesPerThread: number
  readonly valid: boolean
  readonly invalidReasons: readonly string[]
  readonly aborted: boolean
}

/** Embeds product names at a fixed rate in an open loop: no cache, one text a call. */
export async function benchEmbed(wish: ModelWish, options: BenchEmbedOptions): Promise<BenchEmbedResult> {
  const before = process.memoryUsage.rss()
  const embedder = await openModel(wish)
  try {
    const { threads, capabilities } = embedder
    const measured = await driveEmbedder(embedder, options)
    const rssBytes = process.memoryUsage.rss()
    const batches = [...embedder.stats.batchSizes]
    const count = batches.reduce((sum, [, times]) => sum + times, 0)
    const texts = batches.reduce((sum, [size, times]) => sum + size * times, 0)
    return {
      ...{ model: capabilities.model, dims: capabilities.dims, threads, rate: options.rate },
      ...measured,
      meanBatch: count === 0 ? null : texts / count,
      rssBytes,
      rssBytesPerThread: (rssBytes - before) / threads,
    }
  } finally {
    await embedder.close()
  }
}

type Driven = Omit<
  BenchEmbedResult,
  'model' | 'dims' | 'threads' | 'rate' | 'meanBatch' | 'rssBytes' | 'rssBytesPerThread'
>

/** Product names in endless variation, so that no two are the same text. */
export function benchTexts(seed: number): (index: number) => string {
  const names = generateCatalogue({ products: 1000, categories: 40 }, seed).map(({ name }) => name)
  return (index) => `${names[index % names.length]} ${index}`
}

async function driveEmbedder(embedder: Embedder, options: BenchEmbedOptions): Promise<Driven> {
  const { rate, durationMs, warmupMs = 2000, seed, lagLimitMs = 10, signal } = options
  const phases = [{ shape: 'constant', durationMs, rate: 1 }] as const
  const load = { tps: rate, arrival: { process: 'poisson' }, phases } as const
  const schedule = createSchedule(load, { seed, warmupMs, stream: 'bench/embed' })
  const textOf = benchTexts(seed)
  const counts = { sent: 0, failed: 0, firstError: null as string | null }
  const [dueToDone, sendToDone, lag] = [new LatencyCounts(), new LatencyCounts(), new LatencyCounts()]
  const pending = new Set<Promise<void>>()
  const pacer = new Pacer({ shared: true })
  const originUs = nowUs() + 100_000
  let index = 0
  const send = async (due: number): Promise<void> => {
    const [dueUs, sendUs] = [originUs + due, nowUs()]
    const measured = due >= schedule.measuredFromUs
    if (measured) {
      counts.sent++
      lag.record(sendUs - dueUs)
    }
    try {
      await embedder.embed([textOf(index++)])
      if (!measured) return
      dueToDone.record(nowUs() - dueUs)
      sendToDone.record(nowUs() - sendUs)
    } catch (error) {
      if (measured) counts.failed++
      counts.firstError ??= error instanceof Error ? error.message : String(error)
    }
  }
  for (let due = schedule.next(); due !== Infinity && !signal.aborted; due = schedule.next()) {
    await pacer.until(originUs + due, () => pending.size > 0, signal)
    if (signal.aborted) break
    const sent = send(due).finally(() => pending.delete(sent))
    pending.add(sent)
  }
  await Promise.all(pending)
  const scheduleLag = toHistogram(lag.toSparse())
  const answered = toHistogram(dueToDone.toSparse())
  const reasons = invalidReasons({
    limits: { scheduleLagP99Ms: lagLimitMs, eventLoopP99Ms: Number.POSITIVE_INFINITY },
    ...{ scheduleLag, eventLoops: [], offered: counts.sent, sent: counts.sent },
  })
  return {
    ...counts,
    completed: dueToDone.total,
    dueToDone: percentilesOf(answered),
    p95Ms: percentileMs(answered, 95),
    sendToDone: percentilesOf(toHistogram(sendToDone.toSparse())),
    scheduleLag: percentilesOf(scheduleLag),
    ...{ valid: reasons.length === 0, invalidReasons: reasons, aborted: signal.aborted },
  }
}
