import type { EventLog } from '../../ports/event-log.ts'
import { type Appended, appendCollected } from './append-collected.ts'
import { refusedByLog } from './bad-event.ts'
import type { Collected } from './collected.ts'

export interface RefusedOptions {
  readonly log: EventLog
  readonly ackMs: number
  readonly say: (line: string) => void
}

/**
 * Keeps spooled records that the log refused for good as bad events, with the reason. False where the log cannot
 * take those now; nothing is lost then as long as the records stay in the spool.
 */
export async function keepRefused(
  { log, ackMs, say }: RefusedOptions,
  records: readonly Collected[],
  refused: Appended['refused'],
): Promise<boolean> {
  let left = [...refused].map(([position, { message }]) => ({ spooled: records[position]!, message }))
  // What is too large for the log may be so as a bad event too: then only its length and hash are kept.
  for (const value of ['whole', 'told'] as const) {
    const bad = left.map(({ spooled, message }) => refusedByLog(spooled, reasonOf(message), value))
    const { unsure, refused: again } = await appendCollected(log, bad, ackMs)
    if (unsure.length > 0) return false
    left = left.filter((_, position) => again.has(position))
  }
  const [first] = refused.values()
  const end = left.length === 0 ? 'bad events hold them' : `so were the bad events of ${left.length} of them`
  say(`the event log refused ${refused.size} spooled events (${first?.message}); ${end}`)
  return true
}

function reasonOf(message: string): string {
  return `the event log refused it after it had been taken: ${message}`
}
