import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TOPICS, USER_ACTION } from '../../../src/domain/topics.ts'
import type { Stack } from '../../../src/ports/stack.ts'
import { openEmbeddedStack } from '../../../src/stacks/embedded.ts'

let dataDir: string
let stack: Stack
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rep-stack-'))
  stack = await openEmbeddedStack({ dataDir, dims: 16 })
})
afterEach(async () => {
  await stack.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('names the versions of what it is made of', async () => {
  const versions = await stack.describe()
  expect(versions).toMatchObject({ embedder: 'hashing-16 (not a language model)' })
  for (const name of ['lmdb', 'usearch']) expect(versions[name]).toMatch(/^\d+\.\d+\.\d+/)
})

test('a batch’s effects and its offsets are stored together or not at all', async () => {
  const { log, keyValue, settlement } = stack
  await log.ensureTopics(TOPICS)
  const bytes = Buffer.from('u1')
  await log.append(USER_ACTION, [{ key: bytes, value: bytes, dueUs: 0 }])
  const consumer = await log.consume({ group: 'g', topics: [USER_ACTION], maxRecords: 10 })
  let batch = await consumer.poll(0)
  for (let tries = 0; batch.length === 0 && tries < 100; tries++) batch = await consumer.poll(50)
  const { topic, partition, offset } = batch[0]!
  const next = [{ topic, partition, offset: offset + 1 }]
  const effects = () => keyValue.setMany([{ key: 'effect', value: bytes }])
  const failing = async () => {
    await consumer.commit(next)
    throw new Error('late')
  }

  await expect(settlement.settle(effects, failing)).rejects.toThrow('late')
  expect(await keyValue.getMany(['effect'])).toEqual([null])
  expect(await log.committed('g', USER_ACTION)).toEqual([])

  await settlement.settle(effects, () => consumer.commit(next))
  expect((await keyValue.getMany(['effect']))[0]).not.toBeNull()
  expect(await log.committed('g', USER_ACTION)).toEqual(next)
  await consumer.close()
})
