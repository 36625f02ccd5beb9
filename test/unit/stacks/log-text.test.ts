import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followFile } from '../../../src/stacks/follow-file.ts'
import { lastLines } from '../../../src/stacks/last-lines.ts'

let directory: string
let log: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rep-log-'))
  log = join(directory, 'kafka.log')
})
afterEach(() => rmSync(directory, { recursive: true }))

test('the last lines, and none of a file that is not there', () => {
  writeFileSync(log, `${Array.from({ length: 9000 }, (_, i) => `line ${i}`).join('\n')}\n`)
  expect(lastLines(log, 2)).toEqual(['line 8998', 'line 8999'])
  expect(lastLines(join(directory, 'other'), 2)).toEqual([])
})

test('following goes on with what is added, through a rotation and a cut, until the signal', async () => {
  writeFileSync(log, 'before\n')
  const controller = new AbortController()
  const texts = followFile(log, controller.signal)
  const next = async (): Promise<string> => (await texts.next()).value ?? 'ended'
  const first = next()
  appendFileSync(log, 'one é\n')
  expect(await first).toBe('one é\n')
  renameSync(log, `${log}.1`)
  writeFileSync(log, 'two\n')
  expect(await next()).toBe('two\n')
  writeFileSync(log, 'x\n')
  expect(await next()).toBe('x\n')
  const last = next()
  controller.abort()
  expect(await last).toBe('ended')
})

test('a file that is not there yet is waited for', async () => {
  const controller = new AbortController()
  const texts = followFile(log, controller.signal)
  const first = texts.next()
  writeFileSync(log, 'hello\n')
  expect((await first).value).toBe('hello\n')
  controller.abort()
  await texts.return()
})
