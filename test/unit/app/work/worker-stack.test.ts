import { afterEach, beforeEach, expect, test } from 'vitest'
import { workerStack } from '../../../../src/app/work/worker-stack.ts'
import { USER_PREFERENCE_INDEX } from '../../../../src/domain/indexes.ts'
import { USER_ACTION } from '../../../../src/domain/topics.ts'
import { RepError } from '../../../../src/errors/rep-error.ts'
import type { Stack } from '../../../../src/ports/stack.ts'
import { BEHAVIOR_INDEX_SPEC } from '../../../../src/stages/behavior-index.ts'
import { axis, DIMS, openStageLab, type StageLab } from '../../stages/stage-lab.ts'

let lab: StageLab
let told: string[]
let gone: boolean
let leased: boolean
let stack: Stack

beforeEach(async () => {
  lab = await openStageLab()
  told = []
  gone = false
  leased = true
  stack = workerStack(lab.stack, {
    flush: async () => {
      if (gone) throw new RepError('REP_LOG_FENCED', 'The lab is gone.')
      told.push(`told, ${(await lab.stack.log.committed('group', USER_ACTION)).length} committed`)
    },
    checkLease: () => {
      if (!leased) throw new RepError('REP_STORE_UNAVAILABLE', 'The lab has been silent.')
    },
  })
})
afterEach(() => lab.close())

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const record = { key: bytes('u1'), value: bytes('x'), dueUs: 0, partition: 0 }
const position = { topic: USER_ACTION, partition: 0, offset: 1 }

test('an offset is committed after the lab was told, and not at all where it cannot be', async () => {
  await stack.log.append(USER_ACTION, [record])
  const consumer = await stack.log.consume({ group: 'group', topics: [USER_ACTION], maxRecords: 10 })
  expect(await consumer.poll(5000)).toHaveLength(1)
  gone = true
  await expect(consumer.commit([position])).rejects.toMatchObject({ code: 'REP_LOG_FENCED' })
  expect(await stack.log.committed('group', USER_ACTION)).toEqual([])
  gone = false
  await consumer.commit([position])
  expect(told).toEqual(['told, 0 committed'])
  expect(await stack.log.committed('group', USER_ACTION)).toEqual([position])
  await consumer.close()
})

test('without a lease nothing is written anywhere, and what is there can be read', async () => {
  const { keyValue, documents, vectors, log } = stack
  await documents.ensureIndexes([BEHAVIOR_INDEX_SPEC])
  await vectors.ensureIndexes([{ index: USER_PREFERENCE_INDEX, dims: DIMS, kind: 'flat' }])
  await keyValue.setMany([{ key: 'a', value: bytes('1') }])
  leased = false
  const { index } = BEHAVIOR_INDEX_SPEC
  const writes: (() => Promise<unknown>)[] = [
    () => log.append(USER_ACTION, [record]),
    () => keyValue.setMany([{ key: 'a', value: bytes('2') }]),
    () => keyValue.setIfAbsentMany([{ key: 'b', value: bytes('2') }]),
    () => keyValue.compareAndSetMany([{ key: 'b', value: new Uint8Array(8), expectedVersion: null }]),
    () => keyValue.deleteMany(['a']),
    () => keyValue.incrementMany(['c'], 1, 1000),
    () => keyValue.rankMany('r', [{ member: 'p0', score: 1 }]),
    () => documents.upsertMany(index, [{ id: '1', fields: { timestamp: 1 } }]),
    () => vectors.upsertMany(USER_PREFERENCE_INDEX, [{ id: 'u1', vector: axis(0), attributes: {} }]),
    () => vectors.updateAttributes(USER_PREFERENCE_INDEX, [{ id: 'u1', attributes: {} }]),
  ]
  for (const write of writes) await expect(write()).rejects.toMatchObject({ retryable: true })
  const [a, b] = await keyValue.getMany(['a', 'b'])
  expect(Buffer.from(a!).toString()).toBe('1')
  expect(b).toBeNull()
  expect(await keyValue.top('r', 5)).toEqual([])
  expect(await documents.count(index)).toBe(0)
  expect(await vectors.count(USER_PREFERENCE_INDEX)).toBe(0)
  expect((await log.offsets(USER_ACTION)).every(({ latest }) => latest === 0)).toBe(true)
})
