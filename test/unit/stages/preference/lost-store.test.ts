import { afterEach, beforeEach, expect, test } from 'vitest'
import { USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { decodePreference, preferenceKey } from '../../../../src/domain/preference-record.ts'
import { TOPICS, USER_ACTION } from '../../../../src/domain/topics.ts'
import type { KeyValue } from '../../../../src/ports/key-value.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { markKey } from '../../../../src/stages/preference/applied-marks.ts'
import { openPreferenceStage, PREFERENCE_GROUP } from '../../../../src/stages/preference/preference-stage.ts'
import {
  action,
  appendActions,
  handleAll,
  openStageLab,
  pipelineSettings,
  type StageLab,
  traceId,
  uncommitted,
} from '../stage-lab.ts'

const PARTITIONS = TOPICS.find(({ name }) => name === USER_ACTION)!.partitions
const PRODUCTS = ['p0', 'p1', 'p2', 'p3']
let lab: StageLab
beforeEach(async () => {
  lab = await openStageLab()
})
afterEach(() => lab.close())

const open = (stack: Stack = lab.stack) => openPreferenceStage({ ...lab.context, stack }, pipelineSettings())

/** Actions of u1 with these numbers, each on another product than the one before. */
const act = (...numbers: number[]) =>
  appendActions(
    lab.stack,
    numbers.map((i) => action(i, { productId: PRODUCTS[i % 4]!, actionType: 'LIKE' })),
  )

async function preference(userId = 'u1') {
  const [bytes] = await lab.stack.keyValue.getMany([preferenceKey(userId)])
  if (!bytes) return null
  const { vector, actionCount, lastTraceId } = decodePreference(bytes)
  return { vector: vector.slice(), actionCount, lastTraceId }
}

/** Everything that the stage keeps in the key-value store. */
const allKeys = () => [
  preferenceKey('u1'),
  preferenceKey('u2'),
  ...Array.from({ length: PARTITIONS }, (_, partition) => markKey(partition)),
]
const loseAll = () => lab.stack.keyValue.deleteMany(allKeys())

/** What the same actions give where nothing is ever lost. */
async function undisturbed(numbers: readonly number[]) {
  const other = await openStageLab()
  try {
    const opened = await openPreferenceStage(other.context, pipelineSettings())
    await appendActions(
      other.stack,
      numbers.map((i) => action(i, { productId: PRODUCTS[i % 4]!, actionType: 'LIKE' })),
    )
    await handleAll(opened)
    const [bytes] = await other.stack.keyValue.getMany([preferenceKey('u1')])
    const { vector, actionCount, lastTraceId } = decodePreference(bytes!)
    await opened.consumer.close()
    return { vector: vector.slice(), actionCount, lastTraceId }
  } finally {
    await other.close()
  }
}

test('a store that came back empty has every preference again, those after the backup from the log', async () => {
  const { stage, consumer } = await open()
  await act(1, 2)
  await handleAll({ stage, consumer })
  await stage.flush()
  await act(3, 4)
  await handleAll({ stage, consumer })
  await loseAll()
  await act(5)
  await handleAll({ stage, consumer })
  expect(await preference()).toEqual(await undisturbed([1, 2, 3, 4, 5]))
  // Applied again is not handled again: each action counts once.
  expect(stage.counters).toMatchObject({ in: 5, out: 5, duplicates: 0 })
  expect(lab.done).toHaveLength(5)
  expect(lab.lines).toEqual([
    expect.stringContaining('has lost preferences of'),
    expect.stringContaining('preferences are restored'),
  ])
  await stage.idle()
  expect(await uncommitted(lab.stack, PREFERENCE_GROUP)).toBe(0)
  await consumer.close()
})

test('without any backup all of it comes from the log, also when nothing more happens', async () => {
  const { stage, consumer } = await open()
  await act(1, 2, 3)
  await handleAll({ stage, consumer })
  const before = await preference()
  await loseAll()
  await stage.idle()
  expect(await preference()).toEqual(before)
  expect(stage.counters).toMatchObject({ in: 3, out: 3, duplicates: 0 })
  await consumer.close()
})

test('a store that came back from an older copy goes on where that copy ends', async () => {
  const { stage, consumer } = await open()
  await act(1, 2)
  await handleAll({ stage, consumer })
  const copy = await Promise.all(
    allKeys().map(async (key) => ({ key, value: (await lab.stack.keyValue.getMany([key]))[0]?.slice() })),
  )
  await act(3, 4)
  await handleAll({ stage, consumer })
  await loseAll()
  await lab.stack.keyValue.setMany(
    copy.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
  )
  await act(5)
  await handleAll({ stage, consumer })
  expect(await preference()).toEqual(await undisturbed([1, 2, 3, 4, 5]))
  await consumer.close()
})

test('what was lost between the read and the write of a batch is noticed before anything is stored', async () => {
  let loses = false
  const { keyValue } = lab.stack
  const losing = Object.assign(Object.create(keyValue) as KeyValue, {
    getMany: async (keys: readonly string[]) => {
      const found = (await keyValue.getMany(keys)).map((bytes) => bytes?.slice() ?? null)
      if (loses) {
        loses = false
        await loseAll()
      }
      return found
    },
    compareAndSetMany: keyValue.compareAndSetMany.bind(keyValue),
  })
  const { stage, consumer } = await open({ ...lab.stack, keyValue: losing })
  await act(1, 2)
  await handleAll({ stage, consumer })
  loses = true
  await act(3)
  await appendActions(lab.stack, [action(10, { userId: 'u2' })])
  await handleAll({ stage, consumer })
  expect(await preference()).toEqual(await undisturbed([1, 2, 3]))
  expect(await preference('u2')).toMatchObject({ actionCount: 1, lastTraceId: traceId(10) })
  expect(stage.counters.in).toBe(stage.counters.out + stage.counters.duplicates)
  await consumer.close()
})

test('an event that was appended twice is not applied twice when it is applied again', async () => {
  const { stage, consumer } = await open()
  await act(1, 2, 2, 3)
  await handleAll({ stage, consumer })
  const before = await preference()
  await loseAll()
  await stage.idle()
  expect(await preference()).toEqual(before)
  expect(before?.actionCount).toBe(3)
  await consumer.close()
})

for (const when of ['after', 'before']) {
  test(`users whom a member that died ${when} its commit had not backed up are backed up by the next one`, async () => {
    const first = await open()
    await act(1)
    await handleAll(first)
    await first.stage.flush()
    await act(2)
    await handleAll(first)
    if (when === 'after') await first.stage.idle()
    // It leaves without a flush, as if it had been killed.
    await first.consumer.close()
    const second = await open()
    await handleAll(second)
    await second.stage.flush()
    const [item] = await lab.stack.vectors.getMany(USER_PREFERENCE_INDEX, ['u1'])
    expect(item?.attributes.actionCount).toBe(2)
    await loseAll()
    await act(3)
    await handleAll(second)
    expect(await preference()).toEqual(await undisturbed([1, 2, 3]))
    await second.consumer.close()
  })
}

test('a record that is lost is not taken for backed up', async () => {
  const { stage, consumer } = await open()
  await act(1)
  await handleAll({ stage, consumer })
  await lab.stack.keyValue.deleteMany([preferenceKey('u1')])
  await stage.flush()
  await loseAll()
  await stage.flush()
  expect(await preference()).toEqual(await undisturbed([1]))
  await consumer.close()
})
