import { expect, test } from 'vitest'
import { SendQueue } from '../../../../src/stages/notify/send-queue.ts'

interface Task {
  readonly name: string
  readonly end: PromiseWithResolvers<void>
}

function task(name: string): Task {
  return { name, end: Promise.withResolvers<void>() }
}

function open(concurrency: number) {
  const started: string[] = []
  const events = { space: 0 }
  const queue = new SendQueue<Task>({
    concurrency,
    run: ({ name, end }) => {
      started.push(name)
      return end.promise
    },
    onSpace: () => {
      events.space++
    },
  })
  return { queue, started, events }
}

test('runs no more than it may at the same time, in order', async () => {
  const { queue, started, events } = open(2)
  const tasks = ['a', 'b', 'c', 'd'].map(task)
  queue.add(tasks)
  expect(started).toEqual(['a', 'b'])
  expect(queue.full).toBe(true)
  tasks[1]!.end.resolve()
  await Promise.resolve()
  await Promise.resolve()
  expect(started).toEqual(['a', 'b', 'c'])
  expect(events.space).toBe(0)
  for (const { end } of tasks) end.resolve()
  await queue.drained()
  expect(started).toEqual(['a', 'b', 'c', 'd'])
  expect(events.space).toBeGreaterThan(0)
  expect(queue.full).toBe(false)
})

test('withdraws what waits, not what runs', async () => {
  const { queue, started } = open(1)
  const tasks = ['a', 'b', 'c'].map(task)
  queue.add(tasks)
  expect(queue.withdraw(({ name }) => name !== 'c').map(({ name }) => name)).toEqual(['b'])
  for (const { end } of tasks) end.resolve()
  await queue.drained()
  expect(started).toEqual(['a', 'c'])
})

test('a task that fails is reported, and the others go on', async () => {
  const { queue, started } = open(1)
  const tasks = ['a', 'b'].map(task)
  queue.add(tasks)
  tasks[0]!.end.reject(new Error('bug'))
  tasks[1]!.end.resolve()
  await expect(queue.drained()).rejects.toThrow('bug')
  expect(started).toEqual(['a', 'b'])
  expect(() => queue.check()).toThrow('bug')
})
