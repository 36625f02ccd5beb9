import { expect, test } from 'vitest'
import { formatError } from '../../../src/errors/format-error.ts'
import { RepError } from '../../../src/errors/rep-error.ts'

test('what happened, each detail on its own line, what to do', () => {
  const error = new RepError('REP_SCENARIO', 'The scenario x has 2 faults.', {
    details: ['x:1:1: a', 'x:2:1: b'],
  })
  expect(formatError(error, {})).toBe(
    'Error: The scenario x has 2 faults.\n  x:1:1: a\n  x:2:1: b\nHint: Mend the places listed; docs/scenarios.md describes every key.',
  )
})

test('an unexpected error is called a bug; its stack and its causes show under DEBUG=rep only', () => {
  const error = new Error('outer', { cause: new TypeError('inner') })
  expect(formatError(error, {})).toMatch(/^Error: outer\nHint: This is a bug in rep\..*$/)
  const debug = formatError(error, { DEBUG: 'other,rep' })
  expect(debug).toContain('format-error.test.ts')
  expect(debug).toContain('Caused by: TypeError: inner')
  expect(formatError('just a string', {})).toContain('Error: just a string')
})
