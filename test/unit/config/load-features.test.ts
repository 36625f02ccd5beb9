import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadFeatures, parseFeatures } from '../../../src/config/features/load-features.ts'
import { packageRoot } from '../../../src/config/package-root.ts'
import { DEFAULT_FEATURES } from '../../../src/domain/features/default-definitions.ts'
import { RepError } from '../../../src/errors/rep-error.ts'

function faults(text: string): readonly string[] {
  try {
    parseFeatures(text, 'features.yaml')
  } catch (error) {
    if (error instanceof RepError && error.code === 'REP_CONFIG') return error.details
    throw error
  }
  return []
}

test('the file that is shipped says what holds without one', () => {
  expect(loadFeatures(join(packageRoot(), 'scenarios/features/default.yaml'))).toEqual(DEFAULT_FEATURES)
})

test('a window and a pattern of one’s own', () => {
  const { windows, patterns, sessionGapMs } = parseFeatures(
    `windows:
  - { name: clicks_1h, aggregate: count, actions: [CLICK], over: 1h }
patterns:
  - { name: liked_but_left, kind: absence, first: [LIKE], unless: [PURCHASE], within: 1h, same: product, hold: 2h }
`,
    'features.yaml',
  )
  expect(sessionGapMs).toBe(1_800_000)
  expect(windows).toEqual([
    { name: 'clicks_1h', aggregate: 'count', of: null, actions: ['CLICK'], overMs: 3_600_000 },
  ])
  expect(patterns).toEqual([
    {
      name: 'liked_but_left',
      kind: 'absence',
      first: ['LIKE'],
      unless: ['PURCHASE'],
      withinMs: 3_600_000,
      same: 'product',
      holdMs: 7_200_000,
      remind: false,
    },
  ])
})

test('every fault is listed with its place', () => {
  const text = `lateness: soon
windows:
  - { name: Avg, aggregate: mean, of: price, over: 10m }
  - { name: spent, aggregate: sum, of: category, over: 10m }
  - { name: spent, aggregate: top, over: 10m }
  - { name: session_start, aggregate: count, over: 0s }
patterns:
  - { name: gone, kind: absence, first: [VEIW], unless: [PURCHASE], within: 10m }
  - { name: odd, kind: runn }
  - { name: runs, kind: run, actions: [VIEW], atLeast: 3, also: [LIKE], alsoAtLeast: 1, atMost: 3 }
`
  const found = faults(text)
  expect(found.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
    'features.yaml:1:11: lateness',
    'features.yaml:3:13: windows.0.name',
    'features.yaml:4:40: windows.1.of',
    'features.yaml:5:5: windows.2',
    'features.yaml:5:13: windows.2.name',
    'features.yaml:6:13: windows.3.name',
    'features.yaml:6:52: windows.3.over',
    'features.yaml:8:42: patterns.0.first.0',
    'features.yaml:9:24: patterns.1.kind',
    'features.yaml:10:89: patterns.2.atMost',
  ])
  expect(found.find((line) => line.includes('VEIW'))).toContain('did you mean “VIEW”?')
})

test('a file that is not there is named', () => {
  expect(() => loadFeatures('nowhere.yaml')).toThrow('nowhere.yaml')
})
