import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isAlive, ownProcess } from '../../../../src/drivers/event-log/process-identity.ts'

test('the own process lives, and another one with its id does not', () => {
  const own = ownProcess()
  expect(isAlive(own)).toBe(true)
  if (own.startedAt !== '') expect(isAlive({ ...own, startedAt: '1' })).toBe(false)
})

test('a process that has ended is not alive, whether or not its start is known', async () => {
  const child = spawn(process.execPath, ['--eval', ''])
  await once(child, 'exit')
  expect(isAlive({ pid: child.pid!, startedAt: '' })).toBe(false)
  expect(isAlive({ pid: child.pid!, startedAt: '1' })).toBe(false)
})
