import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCodec } from '../../../src/domain/codec.ts'
import { USER_ACTION } from '../../../src/domain/topics.ts'
import { TraceWindow } from '../../../src/stages/trace-window.ts'
import { action, appendActions, openStageLab, type StageLab, traceId } from './stage-lab.ts'

let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

test('remembers the last ids of each partition and no more', () => {
  const window = new TraceWindow(2)
  expect([window.add(0, 'a'), window.add(0, 'b'), window.add(0, 'a')]).toEqual([true, true, false])
  expect(window.add(1, 'a')).toBe(true)
  expect(window.add(0, 'c')).toBe(true)
  expect(window.add(0, 'b')).toBe(false)
  expect(window.add(0, 'a')).toBe(true)
})

test('a forgotten id is new again', () => {
  const window = new TraceWindow(3)
  window.add(0, 'a')
  window.forget(0, 'a')
  expect(window.add(0, 'a')).toBe(true)
})

test('refills from the records before a position, and from nothing at or after it', async () => {
  const decode = createCodec().decodeUserActionCore
  await appendActions(
    lab.stack,
    [1, 2, 3, 4, 5].map((i) => action(i)),
  )
  const partition = (await lab.stack.log.offsets(USER_ACTION)).find(({ latest }) => latest === 5)!.partition
  const window = new TraceWindow(2)
  window.add(partition, traceId(9))
  await window.refill(
    lab.stack.log,
    [{ topic: USER_ACTION, partition, offset: 4 }],
    (record) => decode(record.value).traceId,
  )
  expect([9, 5, 2].map((i) => window.add(partition + 100, traceId(i)))).toEqual([true, true, true])
  expect([4, 3].map((i) => window.add(partition, traceId(i)))).toEqual([false, false])
  expect([9, 5, 2].map((i) => window.add(partition, traceId(i)))).toEqual([true, true, true])
})
