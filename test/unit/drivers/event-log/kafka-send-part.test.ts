import { expect, test } from 'vitest'
import { SendPart } from '../../../../src/drivers/event-log/platformatic-send-part.ts'

const STORED = { errorCode: 0, baseOffset: 40n }
const MESSAGE_TOO_LARGE = { errorCode: 10, baseOffset: -1n }
const NOT_LEADER = { errorCode: 6, baseOffset: -1n }
const REQUEST_TIMED_OUT = { errorCode: 7, baseOffset: -1n }

/** A part after tries with these answers; null for one that broke off without any. */
function after(...answers: (typeof STORED | null)[]): SendPart {
  const part = new SendPart('user.action.v1', 3)
  for (const answer of answers) {
    part.sending()
    if (answer === null) part.failed(new Error('Connection closed'))
    else part.answered(answer)
  }
  return part
}

test('what was stored has its offset, after whatever tries', () => {
  expect(after(STORED).outcome).toEqual({ baseOffset: 40 })
  expect(after(null, NOT_LEADER, STORED).outcome).toEqual({ baseOffset: 40 })
})

test('what is refused for good is not tried again, and is not stored', () => {
  expect(after(MESSAGE_TOO_LARGE).outcome).toMatchObject({
    error: { code: 'REP_CODEC' },
    indeterminate: false,
  })
})

test('what may pass is tried again; an answer says that this try stored nothing', () => {
  const part = after(NOT_LEADER)
  expect(part.outcome).toBe(null)
  expect(part.maybeStored).toBe(false)
  expect(part.giveUp()).toMatchObject({ error: { code: 'REP_LOG_UNAVAILABLE' }, indeterminate: false })
})

test('after a try without an answer, or a timeout of the broker, nobody knows', () => {
  expect(after(null).giveUp()).toMatchObject({ indeterminate: true })
  expect(after(REQUEST_TIMED_OUT).giveUp()).toMatchObject({ indeterminate: true })
  expect(after(null, NOT_LEADER).giveUp()).toMatchObject({ indeterminate: true })
})

test('what never left was not stored', () => {
  const part = new SendPart('user.action.v1', 3)
  part.failed(new Error('Connection to broker 1 failed.'))
  expect(part.giveUp()).toMatchObject({ error: { code: 'REP_LOG_UNAVAILABLE' }, indeterminate: false })
})
