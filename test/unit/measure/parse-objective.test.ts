import { expect, test } from 'vitest'
import { RepError } from '../../../src/errors/rep-error.ts'
import { formatObjective } from '../../../src/measure/objective-grammar.ts'
import { parseObjective, parseObjectives } from '../../../src/measure/parse-objective.ts'

test.each([
  ['freshness p99 < 1s', { kind: 'latency', measure: 'freshness', statistic: 99, op: '<', limitMs: 1000 }],
  [
    'recommend p99 <= 200 ms',
    { kind: 'latency', measure: 'recommend', statistic: 99, op: '<=', limitMs: 200 },
  ],
  ['ack p99.9<250ms', { kind: 'latency', measure: 'ack', statistic: 99.9, op: '<', limitMs: 250 }],
  [
    'notify max <= 2min',
    { kind: 'latency', measure: 'notify', statistic: 'max', op: '<=', limitMs: 120_000 },
  ],
  ['  index mean < 500µs ', { kind: 'latency', measure: 'index', statistic: 'mean', op: '<', limitMs: 0.5 }],
  ['errors < 0.1%', { kind: 'errors', measure: null, op: '<', limitPercent: 0.1 }],
  ['recommend errors <= 1 %', { kind: 'errors', measure: 'recommend', op: '<=', limitPercent: 1 }],
  ['rate >= 99%', { kind: 'rate', op: '>=', limit: 99, unit: '%' }],
  ['rate > 9900/s', { kind: 'rate', op: '>', limit: 9900, unit: '/s' }],
  ['lost == 0', { kind: 'count', account: 'lost', op: '==', limit: 0 }],
  ['ledger clean', { kind: 'ledger' }],
])('reads `%s`', (text, objective) => {
  expect(parseObjective(text)).toEqual({ objective: { ...objective, text } })
})

test.each([
  ['', 1, 'missing'],
  ['freshnes p99 < 1s', 1, '`freshnes` is not something that can be judged'],
  ['freshness p9x < 1s', 13, '`x`'],
  ['freshness < 1s', 11, '`<` is not a statistic'],
  ['freshness p100 < 1s', 11, 'p100 is max'],
  ['ack p999 < 1s', 5, 'p99.9'],
  ['freshness p99 > 1s', 15, 'a bad run would meet it'],
  ['rate < 99%', 6, 'a slow run would meet it'],
  ['freshness p99 < fast', 17, '`fast` is not a number'],
  ['freshness p99 < 1', 18, 'a unit of time is missing'],
  ['freshness p99 < 1 sec', 19, '`sec` is not a unit of time'],
  ['freshness p99 < -1s', 17, 'from 0 on'],
  ['ledger dirty', 8, '`dirty`'],
  ['ledger clean please', 14, 'Nothing may follow'],
  ['lost = 0', 6, '`=` is not a comparison'],
  ['ack p99 < 1s & rate >= 99%', 14, '`&` has no meaning here'],
])('`%s` is at fault in column %i', (text, column, message) => {
  const { fault } = parseObjective(text)
  expect(fault?.message).toContain(message)
  expect(fault?.column).toBe(column)
})

test('a fault says which words could stand there', () => {
  const { fault } = parseObjective('freshness p99 < 1 sec')
  expect(fault).toMatchObject({ found: 'sec', choices: expect.arrayContaining(['s', 'ms']) })
})

test('all faults of a list are told at once', () => {
  let thrown: unknown
  try {
    parseObjectives(['ledger clean', 'ledger dirty', 'rate < 1%'])
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(RepError)
  expect((thrown as RepError).code).toBe('REP_SCENARIO')
  expect((thrown as RepError).details).toHaveLength(2)
  expect((thrown as RepError).details[0]).toContain('objective 2 (ledger dirty), column 8')
})

test('the plainest form of a line', () => {
  const [objective] = parseObjectives(['freshness   p99.9<1.5s'])
  expect(formatObjective(objective!)).toBe('freshness p99.9 < 1500ms')
})
