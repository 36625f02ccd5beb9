import type { PipelineSettings } from '../config/scenario.ts'
import type { Sql } from '../ports/sql.ts'
import type { Stack } from '../ports/stack.ts'
import type { StageObserver } from '../stages/stage.ts'
import { runStages } from './run-stages.ts'

export interface StatisticsPlace {
  readonly stack: Stack
  readonly settings: PipelineSettings
  readonly signal: AbortSignal
  log(line: string): void
}

/** Nobody measures a service. */
const SILENT: StageObserver = { done: () => undefined, known: () => undefined }

/**
 * Keeps statistics in this process while `use` runs, where the settings ask for them; `use` gets the database that
 * they are in, and a signal that ends too when the stage fails, which then rejects.
 */
export async function withStatistics(
  { stack, settings, signal, log }: StatisticsPlace,
  use: (parts: { readonly sql: Sql | null; readonly signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  if (!settings.statistics.enabled) return use({ sql: null, signal })
  const sql = await stack.openSql()
  const stop = new AbortController()
  const ended = new AbortController()
  const context = { stack, observer: SILENT, log }
  const stages = ['statistics'] as const
  const running = runStages(context, { stages, settings, counters: {}, signal: stop.signal }).finally(() =>
    ended.abort(),
  )
  // It may fail while `use` still closes what it opened, before anybody awaits it below: that is no unhandled rejection.
  running.catch(() => undefined)
  try {
    // Whichever fails is heard of: the stage at the end.
    await use({ sql, signal: AbortSignal.any([signal, ended.signal]) })
  } finally {
    stop.abort()
    await running
  }
}
