import { MultipleErrors, NetworkError, ResponseError, TimeoutError } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { neverSent, outcomeOfFailure } from '../../../../src/drivers/event-log/platformatic-send-outcome.ts'

const TOPIC = 'user.action.v1'

/** The client's error for a broker's answer: error code by partition, 0 for stored at offset 40. */
function answered(codes: readonly number[]): ResponseError {
  const partitionResponses = codes.map((errorCode, index) => ({ index, errorCode, baseOffset: 40n }))
  const errors: Record<string, [number, null]> = Object.fromEntries(
    codes.flatMap((code, i) => (code === 0 ? [] : [[`/responses/0/partition_responses/${i}`, [code, null]]])),
  )
  return new ResponseError(0, 11, errors, { responses: [{ name: `p-${TOPIC}`, partitionResponses }] })
}

const refused = () => new NetworkError('Connection to 127.0.0.1:1 failed.')
const broken = () => new NetworkError('Connection closed')

test('each partition has the outcome that its broker answered', () => {
  const outcome = outcomeOfFailure(answered([0, 10, 7, 19]), 'p-')
  expect(outcome(TOPIC, 0)).toEqual({ baseOffset: 40 })
  expect(outcome(TOPIC, 1)).toMatchObject({ error: { code: 'REP_CODEC' }, indeterminate: false })
  expect(outcome(TOPIC, 2)).toMatchObject({ error: { code: 'REP_LOG_UNAVAILABLE' }, indeterminate: true })
  expect(outcome(TOPIC, 3)).toMatchObject({ error: { code: 'REP_LOG_UNAVAILABLE' }, indeterminate: false })
})

test('of partitions without an answer nobody knows', () => {
  const error = new MultipleErrors('produce failed 2 times.', [
    broken(),
    new TimeoutError('Request timed out'),
  ])
  expect(neverSent(error)).toBe(false)
  expect(outcomeOfFailure(error, 'p-')(TOPIC, 5)).toMatchObject({ indeterminate: true })
})

test('the answer to a later try counts', () => {
  const error = new MultipleErrors('produce failed 2 times.', [answered([7]), answered([0])])
  expect(outcomeOfFailure(error, 'p-')(TOPIC, 0)).toEqual({ baseOffset: 40 })
})

test('nothing was sent only where no try reached a broker', () => {
  expect(neverSent(new MultipleErrors('metadata failed 2 times.', [refused(), refused()]))).toBe(true)
  expect(neverSent(new MultipleErrors('produce failed 2 times.', [broken(), refused()]))).toBe(false)
  expect(neverSent(answered([7]))).toBe(false)
})
