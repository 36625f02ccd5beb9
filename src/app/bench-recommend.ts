import type { PipelineSettings } from '../config/scenario.ts'
import { hashNumber, hashWord } from '../kernel/random.ts'
import { type HttpLoadResult, runHttpLoad } from '../load/http-load.ts'
import { parseTarget } from '../load/http-target.ts'
import { createSchedule } from '../load/schedule.ts'
import { userIdOf } from '../load/user-picker.ts'
import { BenchFigures, type BenchFiguresResult } from './bench-figures.ts'
import { startBenchServer } from './bench-server.ts'

export interface BenchRecommendOptions {
  /** Requests per second, as a Poisson process. */
  readonly rate: number
  /** Of the measured part. */
  readonly durationMs: number
  /** Before it, at the same rate. Default 2 s. */
  readonly warmupMs?: number
  readonly products: number
  readonly users: number
  readonly seed: number
  /** Template of the service to drive, with `{userId}`; without one, an embedded server is started. */
  readonly url?: string
  readonly connections: number
  /** Default 10 s. */
  readonly timeoutMs?: number
  /** Most schedule lag, p99, of a valid run. Default 10 ms. */
  readonly lagLimitMs?: number
  readonly signal: AbortSignal
  /** Told once a second, and at each step before the load. */
  readonly onProgress?: (progress: BenchProgress) => void
}

export type BenchProgress =
  | { readonly step: 'preparing' }
  | { readonly step: 'driving'; readonly due: number; readonly responded: number }

export interface BenchRecommendResult extends BenchFiguresResult {
  /** Template of what was driven. */
  readonly url: string
  /** Requests per second that were asked for. */
  readonly rate: number
  /** Message of the first failure of each kind. */
  readonly firstErrors: HttpLoadResult['firstErrors']
  /** Against exact search; null for a service that was only driven. */
  readonly recallAt10: number | null
  /** Ended before its time. */
  readonly aborted: boolean
}

const DIMS = 384
const LIMIT = 10
const SETTINGS: PipelineSettings['recommend'] = {
  candidates: 100,
  indexKind: 'hnsw',
  diversity: 0,
  popularRefreshMs: 1000,
}

/**
 * Drives a recommendation service at a fixed rate in an open loop and says what it cost. Rejects with
 * REP_ENVIRONMENT when the service cannot be reached, REP_USAGE when the URL is none.
 */
export async function benchRecommend(options: BenchRecommendOptions): Promise<BenchRecommendResult> {
  const { url, products, users, seed, signal } = options
  if (url !== undefined) return drive(url, null, options)
  options.onProgress?.({ step: 'preparing' })
  const server = await startBenchServer(
    { dims: DIMS, settings: SETTINGS, data: { products, users, seed } },
    signal,
  )
  try {
    return await drive(
      `${server.url}/v1/users/{userId}/recommendations?limit=${LIMIT}`,
      server.recallAt10,
      options,
    )
  } finally {
    await server.close()
  }
}

async function drive(
  url: string,
  recall: number | null,
  options: BenchRecommendOptions,
): Promise<BenchRecommendResult> {
  const { rate, durationMs, warmupMs = 2000, users, seed, timeoutMs = 10_000, lagLimitMs = 10 } = options
  const { connections, signal, onProgress } = options
  const target = parseTarget(url)
  const phases = [{ shape: 'constant', durationMs, rate: 1 }] as const
  const load = { tps: rate, arrival: { process: 'poisson' }, phases } as const
  const schedule = createSchedule(load, { seed, warmupMs, stream: 'bench/recommend' })
  const readers = hashWord(seed, 'bench/readers')
  const figures = new BenchFigures(warmupMs)
  const ticker = setInterval(() => onProgress?.({ step: 'driving', ...figures.seen }), 1000)
  try {
    const run = await runHttpLoad({
      target,
      pathOf: (index) => target.pathFor(userIdOf(hashNumber(readers, index) % users)),
      schedule,
      connections,
      timeoutMs,
      drainMs: timeoutMs,
      signal,
      observer: figures,
    })
    const { firstErrors, aborted } = run
    return { url, rate, ...figures.result(run, lagLimitMs), recallAt10: recall, firstErrors, aborted }
  } finally {
    clearInterval(ticker)
  }
}
