import type { DocumentIndex } from '../../ports/document-index.ts'
import type { Stack } from '../../ports/stack.ts'
import { Collector } from './collector.ts'
import { Intake } from './intake.ts'
import { Likes } from './likes.ts'
import { PostIndex } from './post-index.ts'
import { RecentSearches } from './recent-searches.ts'
import { Spool } from './spool.ts'

export interface CollectOptions {
  readonly stack: Pick<Stack, 'log' | 'keyValue' | 'schemaIds'>
  /** Where posts are kept; without it, posts are not read here. */
  readonly documents?: DocumentIndex
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
  /** Null where posts are not read here. */
  readonly posts: PostIndex | null
  readonly spool: Spool
  readonly intake: Pick<Intake, 'counts'>
  /** Settles what was taken; what the spool holds stays for the next one. The stack stays open. */
  close(): Promise<void>
}

/** Opens the collector; what an earlier one left in the spool goes to the log first. */
export async function openCollect(options: CollectOptions): Promise<Collect> {
  const { stack, spoolDirectory: directory, spoolMaxBytes: maxBytes, log, ackMs, documents } = options
  const spool = await Spool.open({ directory, maxBytes, log })
  const intake = new Intake({ log: stack.log, spool, say: log, ...(ackMs === undefined ? {} : { ackMs }) })
  return {
    collector: new Collector(intake, stack.schemaIds),
    likes: new Likes(stack.keyValue),
    searches: new RecentSearches(stack.keyValue),
    posts: documents === undefined ? null : new PostIndex(documents),
    spool,
    intake,
    close: () => intake.close(),
  }
}
