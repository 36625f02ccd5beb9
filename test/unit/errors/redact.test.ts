import { expect, test } from 'vitest'
import { formatError } from '../../../src/errors/format-error.ts'
import { keepSecret, redact } from '../../../src/errors/redact.ts'
import { RepError } from '../../../src/errors/rep-error.ts'

test('a kept secret stands in no message, detail or stack, encoded or not', () => {
  const secret = 'p@ss "word" 1'
  keepSecret(secret)
  const cause = new Error(`AUTH ${secret} refused`)
  const error = new RepError('REP_ENVIRONMENT', `login ${secret}`, {
    details: [`url redis://:${encodeURIComponent(secret)}@h`, JSON.stringify({ secret })],
    cause,
  })
  const shown = [
    error.message,
    ...error.details,
    formatError(cause),
    formatError(error, { DEBUG: 'rep' }),
  ].join('\n')
  expect(shown).not.toContain('p@ss')
  expect(shown).not.toContain(encodeURIComponent(secret))
  expect(shown).not.toContain('\\"word\\"')
  expect(error.message).toBe('login [secret]')
})

test('a longer secret that holds a shorter one leaves nothing of itself', () => {
  keepSecret('abcd')
  keepSecret('abcd-efgh')
  expect(redact('x abcd-efgh abcd')).toBe('x [secret] [secret]')
})

test('words too short to be secrets leave messages readable', () => {
  keepSecret('the')
  expect(redact('the topic')).toBe('the topic')
})
