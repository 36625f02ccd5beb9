import { openRedisKeyValue } from '../../drivers/key-value/redis.ts'
import { openRedisClock } from '../../drivers/key-value/redis-clock.ts'
import { RepError } from '../../errors/rep-error.ts'
import { redisAccess } from '../../stacks/service-access.ts'
import type { LabOptions } from '../lab-options.ts'
import { LeadMeeting } from './lead-meeting.ts'
import { MemberMeeting } from './member-meeting.ts'
import { LEAD_KEY } from './notice-board.ts'
import { shardFacts } from './shard-facts.ts'
import type { ShardMeeting } from './shard-meeting.ts'

/**
 * Meets the other shards of a run at the stack's key-value store; null for a run that is not sharded. Throws
 * REP_USAGE on the embedded stack.
 */
export async function openMeeting(options: LabOptions): Promise<ShardMeeting | null> {
  const { shard, stack, scenario, signal, onLog } = options
  if (shard === undefined) return null
  if (stack.kind === 'embedded') throw embeddedShard()
  const { description } = stack
  const address = redisAccess(description)
  const prefix = description.external?.prefix ?? ''
  const store = await openRedisKeyValue({ ...address, prefix })
  const clock = await openRedisClock(address, prefix + LEAD_KEY)
  const Meeting = shard.index === 1 ? LeadMeeting : MemberMeeting
  const meeting = new Meeting({
    store,
    storeTimeUs: () => clock.timeUs(),
    shard,
    facts: shardFacts(scenario, shard),
    signal,
    log: onLog,
  })
  const leave = meeting.close.bind(meeting)
  meeting.close = async () => {
    await leave()
    clock.close()
    await store.close()
  }
  return meeting
}

export function embeddedShard(): RepError {
  return new RepError(
    'REP_USAGE',
    'The embedded stack belongs to one process, so it takes no shards: --shard needs services that rep up starts, e.g. --stack native.',
  )
}
