import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACCOUNTS, formatObjective, type Objective } from '../../src/measure/objective-grammar.ts'
import { parseObjective } from '../../src/measure/parse-objective.ts'
import { MEASURES } from '../../src/measure/run-record.ts'

const limit = () => fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => (value === 0 ? 0 : value))
const upper = () => fc.constantFrom('<' as const, '<=' as const)
const percentile = () => fc.integer({ min: 1, max: 999_999 }).map((n) => n / 10_000)

function objectives(): fc.Arbitrary<Objective> {
  const measure = fc.constantFrom(...MEASURES)
  const text = fc.constant('')
  return fc.oneof(
    fc.record({
      kind: fc.constant('latency' as const),
      text,
      measure,
      statistic: fc.oneof(percentile(), fc.constantFrom('max' as const, 'mean' as const)),
      op: upper(),
      limitMs: limit(),
    }),
    fc.record({
      kind: fc.constant('errors' as const),
      text,
      measure: fc.option(measure),
      op: upper(),
      limitPercent: limit(),
    }),
    fc.record({
      kind: fc.constant('rate' as const),
      text,
      op: fc.constantFrom('>' as const, '>=' as const),
      limit: limit(),
      unit: fc.constantFrom('%' as const, '/s' as const),
    }),
    fc.record({
      kind: fc.constant('count' as const),
      text,
      account: fc.constantFrom(...ACCOUNTS),
      op: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const, '==' as const),
      limit: limit(),
    }),
    fc.record({ kind: fc.constant('ledger' as const), text }),
  )
}

test('every objective survives being written and read', () => {
  fc.assert(
    fc.property(objectives(), (objective) => {
      const text = formatObjective(objective)
      expect(parseObjective(text)).toEqual({ objective: { ...objective, text } })
    }),
  )
})

test('blanks between the words change nothing', () => {
  fc.assert(
    fc.property(objectives(), fc.constantFrom('  ', '\t'), (objective, blank) => {
      const text = ` ${formatObjective(objective).replaceAll(' ', blank)} `
      expect(parseObjective(text)).toEqual({ objective: { ...objective, text } })
    }),
  )
})

test('any text is an objective or a fault with a column within it or right behind', () => {
  const near = fc.array(
    fc.constantFrom('ack', 'p99', '<', '1', 'ms', 's', '%', '>=', 'rate', ' ', 'ledger', '.', 'é'),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        near.map((parts) => parts.join(' ')),
      ),
      (text) => {
        const { objective, fault } = parseObjective(text)
        if (objective !== undefined) return
        expect(fault.column).toBeGreaterThanOrEqual(1)
        expect(fault.column).toBeLessThanOrEqual(text.length + 1)
        expect(fault.message).not.toBe('')
      },
    ),
  )
})
