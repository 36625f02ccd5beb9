import { afterEach, beforeEach, expect, test } from 'vitest'
import { drain, type GroupOnTopic } from '../../../src/app/backlog.ts'
import { USER_ACTION } from '../../../src/domain/topics.ts'
import { RepError } from '../../../src/errors/rep-error.ts'
import type { EventLog } from '../../../src/ports/event-log.ts'
import { action, appendActions, openStageLab, type StageLab } from '../stages/stage-lab.ts'

const GROUPS: readonly GroupOnTopic[] = [{ stage: 'one', group: 'g', topic: USER_ACTION }]
let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

/** The log, which answers its first questions about offsets with an error. */
function failing(errors: RepError[]): EventLog {
  const { log } = lab.stack
  return Object.assign(Object.create(log) as EventLog, {
    committed: log.committed.bind(log),
    offsets: async (topic: string) => {
      const error = errors.shift()
      if (error !== undefined) throw error
      return log.offsets(topic)
    },
  })
}

test('a log that does not answer is asked again: the drain is over when it says so', async () => {
  const away = () => new RepError('REP_LOG_UNAVAILABLE', 'the broker is away')
  await expect(drain(failing([away(), away()]), GROUPS, { timeoutMs: 30_000 })).resolves.toBe(true)
})

test('what waits until the end is told, and so is an error that does not pass', async () => {
  await appendActions(lab.stack, [action(1)])
  await expect(drain(lab.stack.log, GROUPS, { timeoutMs: 50 })).resolves.toBe(false)
  const gone = new RepError('REP_LOG_TOPIC', 'there is no such topic')
  await expect(drain(failing([gone]), GROUPS, { timeoutMs: 30_000 })).rejects.toBe(gone)
})
