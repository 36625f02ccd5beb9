import type { StageBooks } from '../../measure/conservation.ts'
import type { FinalReading } from '../../measure/final-read.ts'
import type { Conclusion } from '../conclusion.ts'
import { shardFacts } from './shard-facts.ts'
import type { ShardMeeting } from './shard-meeting.ts'
import type { ShardPart } from './shard-part.ts'

export interface ShardPartOptions {
  readonly run: Conclusion
  readonly meeting: ShardMeeting
  readonly reading: FinalReading
  readonly books: readonly StageBooks[]
  readonly lastDoneUs: number
}

/** What this shard leaves for the merge. */
export function shardPart({ run, meeting, reading, books, lastDoneUs }: ShardPartOptions): ShardPart {
  const { records, foreign, undecodable, deadLetters, truncated, reorderings } = reading
  return {
    format: 'rep.shard/1',
    run: meeting.run,
    index: meeting.shard.index,
    facts: shardFacts(run.options.scenario, meeting.shard),
    boot: meeting.boot,
    clockBoundUs: meeting.clockBoundUs,
    originEpochMs: run.originEpochMs,
    lastDoneUs,
    snapshot: run.collector.sum.toSnapshot(),
    books,
    reading: { records, foreign, undecodable, deadLetters, truncated, reorderings },
    eventLoops: [...run.collector.threads].map(([name, { eventLoopP99Ms }]) => ({
      name,
      p99Ms: eventLoopP99Ms,
    })),
    backlog: run.sampler.backlogs,
  }
}
