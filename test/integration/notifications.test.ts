import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PipelineSettings } from '../../src/config/scenario.ts'
import type { Notification } from '../../src/domain/events.ts'
import { NOTIFICATION_PUSH, PRODUCT_INVENTORY } from '../../src/domain/topics.ts'
import { INVENTORY_GROUP, openInventoryStage } from '../../src/stages/inventory/inventory-stage.ts'
import { NOTIFY_GROUP, openNotifyStage } from '../../src/stages/notify/notify-stage.ts'
import { runStage } from '../../src/stages/run-stage.ts'
import type { Stage } from '../../src/stages/stage.ts'
import {
  appendChanges,
  drop,
  dyingBeforeCommit,
  inventorySettings,
  seedActions,
  seedProduct,
  uncommittedOf,
} from '../unit/stages/inventory/inventory-lab.ts'
import { openReceiver, type Receiver } from '../unit/stages/notify/notify-lab.ts'
import { handleAll, inFlight, openStageLab, type StageLab } from '../unit/stages/stage-lab.ts'

const USERS = ['u1', 'u2', 'u3']
let lab: StageLab
let receiver: Receiver
let settings: PipelineSettings
beforeEach(async () => {
  lab = await openStageLab()
  receiver = await openReceiver((number) => (number === 1 ? 503 : 200))
  const notify = { channel: 'WEBHOOK', webhookUrl: receiver.url, concurrency: 4, attempts: 5 } as const
  settings = inventorySettings({ notify })
  await seedProduct(lab.stack)
  await seedActions(lab.stack, USERS)
})
afterEach(async () => {
  await receiver.close()
  await lab.close()
})

/** Runs both stages until nothing is left in their topics. */
async function runToTheEnd(): Promise<Stage[]> {
  const stop = new AbortController()
  const opened = [
    await openInventoryStage(lab.context, settings),
    await openNotifyStage(lab.context, settings),
  ]
  const running = opened.map(({ stage, consumer }) =>
    runStage(stage, consumer, { signal: stop.signal, log: lab.context.log, pollMs: 5 }),
  )
  const { log } = lab.stack
  const left = async () =>
    (await uncommittedOf(log, INVENTORY_GROUP, PRODUCT_INVENTORY)) +
    (await uncommittedOf(log, NOTIFY_GROUP, NOTIFICATION_PUSH))
  while ((await left()) > 0) await sleep(5)
  stop.abort()
  await Promise.all(running)
  return opened.map(({ stage }) => stage)
}

const usersPosted = () => receiver.posts.map(({ body }) => (body as Notification).userId)

test('a drop of a price reaches the users who viewed the product, each counted from the change', async () => {
  await appendChanges(lab.stack, [drop(1)])
  const stages = await runToTheEnd()
  expect(new Set(usersPosted())).toEqual(new Set(USERS))
  // One of them was refused once.
  expect(receiver.posts).toHaveLength(USERS.length + 1)
  expect(lab.done.map(({ measure, dueUs }) => [measure, dueUs])).toEqual(USERS.map(() => ['notify', 1000]))
  expect(stages.map(({ counters }) => [counters.in, counters.out, counters.produced])).toEqual([
    [1, 1, 3],
    [3, 3, 0],
  ])
})

test('a change that is handled again tells nobody twice', async () => {
  await appendChanges(lab.stack, [drop(1)])
  const dying = await openInventoryStage({ ...lab.context, stack: dyingBeforeCommit(lab.stack) }, settings)
  await expect(handleAll(dying)).rejects.toThrow('died before the commit')
  await dying.consumer.close()
  const stages = await runToTheEnd()
  const keys = receiver.posts.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(USERS.length)
  expect(receiver.posts).toHaveLength(USERS.length + 1)
  expect(stages[1]?.counters).toMatchObject({ in: 6, out: 3, duplicates: 3, deadLettered: 0 })
  for (const stage of stages) expect(inFlight(stage)).toBe(0)
})
