import { setTimeout as sleep } from 'node:timers/promises'
import { RUN_KEY } from '../domain/run-announcement.ts'
import { KafkaAdmin } from '../drivers/event-log/kafka-admin.ts'
import { kafkaSettings } from '../drivers/event-log/kafka-options.ts'
import { openRedisKeyValue } from '../drivers/key-value/redis.ts'
import { RepError } from '../errors/rep-error.ts'
import { kafkaAccess, redisAccess } from './service-access.ts'
import type { StackDescription } from './stack-description.ts'

/** Longer than a lost lab is looked for, and than the session of a member that died. */
const LEAVE_MS = 30_000

/**
 * Waits until nobody is in these groups any more: a worker of the run before, or a member that was killed and whose
 * session has not ended, might still write what it holds. Rejects with REP_STACK_BUSY where somebody stays.
 */
export async function dismissWorkers(stack: StackDescription, groups: readonly string[]): Promise<void> {
  await forgetRun(stack)
  const admin = new KafkaAdmin(kafkaSettings(kafkaAccess(stack)))
  try {
    const deadlineMs = performance.now() + LEAVE_MS
    for (;;) {
      const busy = await admin.groupsWithMembers(groups)
      if (busy.length === 0) return
      if (performance.now() > deadlineMs) {
        throw new RepError(
          'REP_STACK_BUSY',
          `${busy.join(', ')} still had members after ${LEAVE_MS / 1e3} s: another run, perhaps from another --data-dir, uses stack ${stack.name}.`,
        )
      }
      await sleep(100)
    }
  } finally {
    await admin.close()
  }
}

/** A run that was killed may still be made known. */
async function forgetRun(stack: StackDescription): Promise<void> {
  const keyValue = await openRedisKeyValue(redisAccess(stack))
  try {
    await keyValue.deleteMany([RUN_KEY])
  } finally {
    await keyValue.close()
  }
}
