import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../../src/load/replay/replay-row.ts'
import { TimeOrder } from '../../../../src/load/replay/time-order.ts'

function row(timestamp: number, line: number): ReplayRow {
  const action = {
    userId: 'u',
    sessionId: 'u',
    actionType: 'VIEW',
    timestamp,
    properties: {},
  } as const
  return { line, text: '', product: {}, action }
}

/** `time/line` of the rows in the order in which they come out. */
function ordered(times: readonly number[], window: number): string[] {
  const order = new TimeOrder(window)
  const out: ReplayRow[] = []
  times.forEach((time, line) => {
    const next = order.push(row(time, line))
    if (next !== null) out.push(next)
  })
  for (let next = order.pop(); next !== null; next = order.pop()) out.push(next)
  return out.map(({ action, line }) => `${action.timestamp}/${line}`)
}

test('sorts within its window, equal times as they came', () => {
  expect(ordered([5, 3, 3, 9, 1, 5], 10)).toEqual(['1/4', '3/1', '3/2', '5/0', '5/5', '9/3'])
})

test('a window of none keeps the order', () => {
  expect(ordered([5, 3, 9], 0)).toEqual(['5/0', '3/1', '9/2'])
})

test('what is further behind than the window comes out late, and nothing is lost', () => {
  expect(ordered([5, 6, 7, 8, 1], 2)).toEqual(['5/0', '6/1', '1/4', '7/2', '8/3'])
})
