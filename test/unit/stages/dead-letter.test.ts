import { afterEach, beforeEach, expect, test } from 'vitest'
import { deadLetterTopic, USER_ACTION } from '../../../src/domain/topics.ts'
import type { EventLog, StoredRecord } from '../../../src/ports/event-log.ts'
import { appendDeadLetters, deadLetterRecord, parseDeadLetter } from '../../../src/stages/dead-letter.ts'
import { openStageLab, type StageLab } from './stage-lab.ts'

let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

const original: StoredRecord = {
  topic: USER_ACTION,
  partition: 7,
  offset: 2 ** 40,
  timestampMs: 1_759_276_800_000,
  dueUs: 12.5,
  key: new Uint8Array([1, 2]),
  value: new Uint8Array([3]),
  headers: { mine: new Uint8Array([4]), 'rep-dlq-reason': new TextEncoder().encode('an earlier one') },
}

async function stored(): Promise<StoredRecord[]> {
  const topic = deadLetterTopic(USER_ACTION)
  const parts = await lab.stack.log.offsets(topic)
  const reads = parts.map(({ partition }) => lab.stack.log.read({ topic, partition, offset: 0 }, 10))
  return (await Promise.all(reads)).flat()
}

test('a dead letter keeps the original and says why it is one; the last reason counts', async () => {
  await appendDeadLetters(lab.stack.log, USER_ACTION, [
    deadLetterRecord(original, 'behavior', 'größer als null'),
  ])
  const [record] = await stored()
  expect(parseDeadLetter(record!)).toMatchObject({
    ...original,
    reason: 'größer als null',
    stage: 'behavior',
    key: Buffer.from(original.key),
    value: Buffer.from(original.value),
    headers: { mine: Buffer.from([4]) },
  })
  expect(Object.keys(parseDeadLetter(record!).headers)).toEqual(['mine'])
})

test('does not depend on the original’s memory', () => {
  const value = new Uint8Array([3])
  const letter = deadLetterRecord({ ...original, value }, 's', 'r')
  value[0] = 99
  expect([...letter.value]).toEqual([3])
})

test('appends nothing for no letters', async () => {
  await appendDeadLetters(lab.stack.log, USER_ACTION, [])
  expect(await stored()).toEqual([])
})

test('is retryable where a letter is not certainly stored', async () => {
  const { log } = lab.stack
  const refusing: EventLog = Object.assign(Object.create(log) as EventLog, {
    append: async () => ({
      partitions: new Int32Array(1),
      offsets: new Float64Array([-1]),
      failures: [{ position: 0, error: new Error('leader moved'), indeterminate: true }],
    }),
  })
  await expect(
    appendDeadLetters(refusing, USER_ACTION, [deadLetterRecord(original, 's', 'r')]),
  ).rejects.toMatchObject({
    retryable: true,
    message: '1 of 1 records were not stored in user.action.v1.dlq: leader moved',
  })
})

test('refuses a record that is no dead letter', () => {
  expect(() => parseDeadLetter({ ...original, headers: {} })).toThrow(/is no dead letter/)
})
