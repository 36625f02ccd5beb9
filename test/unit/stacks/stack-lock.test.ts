import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockStack } from '../../../src/stacks/stack-lock.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-lock-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('one at a time: the second is told who holds it', () => {
  const release = lockStack(directory)
  expect(() => lockStack(directory)).toThrow(new RegExp(`Process ${process.pid} is`))
  release()
  lockStack(directory)()
  expect(readdirSync(directory)).toEqual([])
})

test.each([
  ['of a process that has ended', JSON.stringify({ pid: process.pid, startedAt: '1' })],
  ['cut short', '{"pid":'],
])('a lock %s is taken over', (_, content) => {
  writeFileSync(join(directory, 'lock'), content)
  lockStack(directory)()
  expect(readdirSync(directory)).toEqual([])
})
