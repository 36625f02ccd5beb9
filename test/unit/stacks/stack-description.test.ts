import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RepError } from '../../../src/errors/rep-error.ts'
import {
  readStackDescription,
  type StackDescription,
  writeStackDescription,
} from '../../../src/stacks/stack-description.ts'
import { findStackName, requireStackName } from '../../../src/stacks/stack-name.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rep-description-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function description(name: string): StackDescription {
  const service = { address: '127.0.0.1:1', version: '1', pid: 1, logs: [] }
  return {
    name,
    kind: 'native',
    startedAt: '2026-01-01T00:00:00.000Z',
    brokers: ['127.0.0.1:1'],
    elasticsearch: 'http://127.0.0.1:1',
    redis: 'redis://127.0.0.1:1',
    registry: 'http://127.0.0.1:1',
    services: { kafka: service, registry: service, elasticsearch: service, redis: service },
    settings: {},
  }
}

function errorOf(act: () => unknown): RepError {
  try {
    act()
  } catch (error) {
    return error as RepError
  }
  throw new Error('nothing was thrown')
}

test('a description is read as it was written', () => {
  writeStackDescription({ root }, description('second'))
  expect(readStackDescription({ root }, 'second')).toEqual(description('second'))
})

test('a stack that is not up is an environment error that names the command', () => {
  const error = errorOf(() => readStackDescription({ root }, 'native'))
  expect(error.exit).toBe(3)
  expect(error.message).toContain('rep up --stack native')
  expect(errorOf(() => readStackDescription({ root }, 'second')).message).toContain('rep up --name second')
})

test('a damaged description says what to do', () => {
  mkdirSync(join(root, 'stacks/native'), { recursive: true })
  writeFileSync(join(root, 'stacks/native/stack.json'), '{')
  expect(errorOf(() => readStackDescription({ root }, 'native')).message).toContain('remove it')
})

test('the stack that is meant: the named one, the one that is up, the only one', () => {
  expect(errorOf(() => findStackName({ root })).message).toContain('rep up --stack native')
  mkdirSync(join(root, 'stacks/left'), { recursive: true })
  expect(findStackName({ root })).toBe('left')
  writeStackDescription({ root }, description('second'))
  expect(findStackName({ root })).toBe('second')
  expect(findStackName({ root }, 'other')).toBe('other')
  writeStackDescription({ root }, description('third'))
  expect(errorOf(() => findStackName({ root })).message).toContain('--stack second|third')
})

test.each(['../x', 'A', '', 'a'.repeat(41), '-a', 'a b'])('%j names no stack', (name) => {
  expect(errorOf(() => requireStackName(name)).code).toBe('REP_USAGE')
})
