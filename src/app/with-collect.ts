import { join } from 'node:path'
import type { Stack } from '../ports/stack.ts'
import type { CollectHttp } from '../serve/collect/collect-http.ts'
import { openCollect } from '../stages/collect/open-collect.ts'
import type { LabStackOptions } from './lab-stack.ts'

/** How the collector is reached, and how much it may keep. */
export type CollectSettings = Omit<CollectHttp, 'collect'> & { readonly spoolMaxBytes: number }

export interface CollectPlace {
  readonly place: LabStackOptions
  readonly stack: Stack
  readonly settings: CollectSettings
  log(line: string): void
}

/**
 * Opens a stack's collector for `use`. Its spool is in rep's directory, one for each stack: events of an
 * outage that ended after the process did go to the log first. Rejects with REP_STACK_BUSY where another
 * process has the spool.
 */
export async function withCollect<T>(
  { place, stack, settings, log }: CollectPlace,
  use: (collect: CollectHttp) => Promise<T>,
): Promise<T> {
  const { home, name } = place
  const release = home.lock(`spool-${name}`)
  try {
    const { spoolMaxBytes, ...http } = settings
    const spoolDirectory = join(home.root, 'spool', name)
    const collect = await openCollect({ stack, spoolDirectory, spoolMaxBytes, log })
    try {
      return await use({ ...http, collect })
    } finally {
      await collect.close()
    }
  } finally {
    release()
  }
}
