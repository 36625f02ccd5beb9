import { extname } from 'node:path'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../errors/codes.ts'
import { RepError } from '../errors/rep-error.ts'
import { shiftClock } from '../kernel/time.ts'

/** What the main thread tells a lab thread. */
export type Order =
  /** Due time 0 is at `originUs` on the run's clock, which is `shiftUs` ahead of this host's. */
  | { readonly kind: 'start'; readonly originUs: number; readonly shiftUs: number }
  /** Take no more; finish what is in hand, then report. */
  | { readonly kind: 'stop' }

/** What a lab thread tells the main thread; `R` is its result, `P` what it reports once a second. */
export type Notice<R, P> =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'progress'; readonly progress: P }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'done'; readonly result: R }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode | null
      readonly message: string
      readonly stack: string
    }

export interface ThreadHooks<P> {
  onProgress(progress: P): void
  onLog(line: string): void
}

/** A lab thread seen from the main thread. */
export interface Thread<R> {
  readonly name: string
  /** Resolves when the thread has opened all it needs, with its address where it serves one; rejects with its error. */
  readonly ready: Promise<string>
  /** Resolves with what the thread measured; rejects with its error. */
  readonly result: Promise<R>
  order(order: Order): void
  terminate(): Promise<void>
}

/**
 * Space for new objects, MiB. What a request needs fits in a few; a batch of the pipeline's does not, and is copied
 * twice before it is thrown away where the space is too small for it: a sixth of what a stage costs.
 */
const YOUNG_MB = 12
const YOUNG_MB_OF_PIPELINE = 48

/** Starts `workers/<entry>` as a thread. */
export function startThread<R, P = never>(
  options: { name: string; entry: string; data: unknown },
  hooks: ThreadHooks<P>,
): Thread<R> {
  const url = new URL(`./workers/${options.entry}${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(url, {
    workerData: options.data,
    name: options.name,
    resourceLimits: {
      maxYoungGenerationSizeMb: options.entry === 'pipeline' ? YOUNG_MB_OF_PIPELINE : YOUNG_MB,
    },
  })
  const ready = Promise.withResolvers<string>()
  const result = Promise.withResolvers<R>()
  const fail = (error: Error): void => {
    ready.reject(error)
    result.reject(error)
  }
  worker.on('message', (notice: Notice<R, P>) => {
    if (notice.kind === 'ready') ready.resolve(notice.address)
    else if (notice.kind === 'progress') hooks.onProgress(notice.progress)
    else if (notice.kind === 'log') hooks.onLog(`${options.name}: ${notice.line}`)
    else if (notice.kind === 'done') result.resolve(notice.result)
    else fail(revive(options.name, notice))
  })
  worker.on('error', (error) => fail(error))
  worker.on('exit', (code) =>
    fail(new RepError('REP_INTERNAL', `thread ${options.name} ended with code ${code}`)),
  )
  // Whoever waits for one of the two hears of the failure; the other must not end the process by itself.
  ready.promise.catch(noop)
  result.promise.catch(noop)
  return {
    name: options.name,
    ready: ready.promise,
    result: result.promise,
    order: (order) => worker.postMessage(order),
    terminate: async () => {
      await worker.terminate()
    },
  }
}

function noop(): void {
  // see where it is used
}

function revive(name: string, notice: { code: ErrorCode | null; message: string; stack: string }): Error {
  const error =
    notice.code === null
      ? new Error(`${name}: ${notice.message}`)
      : new RepError(notice.code, `${name}: ${notice.message}`)
  error.stack = notice.stack
  return error
}

/** The lab thread's own side. */
export interface ThreadSide<R, P> {
  ready(address?: string): void
  progress(progress: P): void
  log(line: string): void
  done(result: R): void
  /** Resolves at the start order with the monotonic time of due time 0. */
  readonly started: Promise<number>
  /** Aborted at the stop order. */
  readonly stopped: AbortSignal
}

/**
 * Runs a lab thread's body with its data; a body that throws becomes a `failed` notice. Call it once, as
 * the last thing of an entry file.
 */
export function runThread<D, R, P = never>(body: (data: D, side: ThreadSide<R, P>) => Promise<void>): void {
  const port = parentPort
  if (port === null) throw new RepError('REP_INTERNAL', 'a thread entry was run outside a thread')
  const send = (notice: Notice<R, P>): void => port.postMessage(notice)
  const started = Promise.withResolvers<number>()
  const stop = new AbortController()
  port.on('message', (order: Order) => {
    if (order.kind === 'start') {
      shiftClock(order.shiftUs)
      started.resolve(order.originUs)
    } else stop.abort()
  })
  const side: ThreadSide<R, P> = {
    ready: (address = '') => send({ kind: 'ready', address }),
    progress: (progress) => send({ kind: 'progress', progress }),
    log: (line) => send({ kind: 'log', line }),
    done: (result) => send({ kind: 'done', result }),
    started: started.promise,
    stopped: stop.signal,
  }
  body(workerData as D, side)
    .catch((error: unknown) => {
      const known = error instanceof Error ? error : new Error(String(error))
      const code = known instanceof RepError ? known.code : null
      send({ kind: 'failed', code, message: known.message, stack: known.stack ?? known.message })
    })
    .finally(() => port.close())
}
