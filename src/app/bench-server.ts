import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { PipelineSettings } from '../config/scenario.ts'
import type { ErrorCode } from '../errors/codes.ts'
import { RepError } from '../errors/rep-error.ts'
import type { BenchData } from './bench-catalogue.ts'

/** What the parent tells the server process, once. */
export interface BenchServerOrder {
  readonly dataDir: string
  readonly dims: number
  readonly settings: PipelineSettings['recommend']
  readonly data: BenchData
}

export type BenchServerNotice =
  | { readonly kind: 'ready'; readonly url: string; readonly recallAt10: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }

export interface BenchServer {
  readonly url: string
  readonly recallAt10: number
  /** Stops the process and removes its data. */
  close(): Promise<void>
}

/** Starts a recommendation server over generated data in a child process and a directory of its own. */
export async function startBenchServer(
  options: Omit<BenchServerOrder, 'dataDir'>,
  signal: AbortSignal,
): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rep-bench-'))
  const url = new URL(`./workers/recommend-server${extname(import.meta.url)}`, import.meta.url)
  // Its own stdout would mix with the JSON that the caller prints.
  const child = fork(url, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      if (child.connected) child.disconnect()
      await exited
    }
    await rm(dataDir, { recursive: true, force: true })
  }
  const abort = (): void => void child.kill()
  signal.addEventListener('abort', abort, { once: true })
  try {
    child.send({ ...options, dataDir })
    const ready = await readiness(child)
    return { ...ready, close }
  } catch (error) {
    await close()
    throw signal.aborted
      ? new RepError('REP_INTERRUPTED', 'interrupted while the server was starting')
      : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function readiness(child: ChildProcess): Promise<{ url: string; recallAt10: number }> {
  return new Promise((resolve, reject) => {
    child.once('message', (notice: BenchServerNotice) => {
      if (notice.kind === 'ready') resolve({ url: notice.url, recallAt10: notice.recallAt10 })
      else reject(new RepError(notice.code, notice.message))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(
        new RepError('REP_INTERNAL', `the recommendation server ended with ${signal ?? `status ${code}`}`),
      )
    })
  })
}
