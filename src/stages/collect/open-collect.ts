import type { Stack } from '../../ports/stack.ts'
import { Collector } from './collector.ts'
import { Intake } from './intake.ts'
import { Likes } from './likes.ts'
import { RecentSearches } from './recent-searches.ts'
import { Spool } from './spool.ts'

export interface CollectOptions {
  readonly stack: Pick<Stack, 'log' | 'keyValue' | 'schemaIds'>
  readonly spoolDirectory: string
  readonly spoolMaxBytes: number
  /** One line per change of state, never one per event. */
  readonly log: (line: string) => void
  /** How long the event log may take to acknowledge before it counts as down, ms. Default 3000. */
  readonly ackMs?: number
}

/** The collector without its HTTP. */
export interface Collect {
  readonly collector: Collector
  readonly likes: Likes
  readonly searches: RecentSearches
  readonly spool: Spool
  /** Settles what was taken; what the spool holds stays for the next one. The stack stays open. */
  close(): Promise<void>
}

/** Opens the collector; what an earlier one left in the spool goes to the log first. */
export async function openCollect(options: CollectOptions): Promise<Collect> {
  const { stack, spoolDirectory: directory, spoolMaxBytes: maxBytes, log, ackMs } = options
  const spool = await Spool.open({ directory, maxBytes, log })
  const intake = new Intake({ log: stack.log, spool, say: log, ...(ackMs === undefined ? {} : { ackMs }) })
  return {
    collector: new Collector(intake, stack.schemaIds),
    likes: new Likes(stack.keyValue),
    searches: new RecentSearches(stack.keyValue),
    spool,
    close: () => intake.close(),
  }
}
