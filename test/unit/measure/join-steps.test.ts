import { expect, test } from 'vitest'
import type { Scenario } from '../../../src/config/scenario.ts'
import { joinSteps, type RanStep } from '../../../src/measure/join-steps.ts'
import type { RunRecord } from '../../../src/measure/run-record.ts'
import { storedRecord } from '../reports/records.ts'

const pass = storedRecord('pass')
const scenario = { name: 'posts-2m', seed: 7 } as Scenario

function step(posts: number, parts: Partial<RunRecord> = {}): RanStep {
  return { posts, seeded: posts / 2, seedMs: 100, record: { ...pass, ...parts } }
}

test('figures of the last step, ledger of all, and every step beside them', () => {
  const joined = joinSteps([step(100), step(200, { id: 'last' })], { scenario, unfinished: false })
  expect(joined).toMatchObject({ id: 'last', seed: 7, verdict: 'pass', partial: false, valid: true })
  expect(joined.stages).toBe(pass.stages)
  expect(joined.ledger.acknowledged).toBe(2 * pass.ledger.acknowledged)
  expect(joined.steps!.map(({ posts, seeded, verdict }) => ({ posts, seeded, verdict }))).toEqual([
    { posts: 100, seeded: 50, verdict: 'pass' },
    { posts: 200, seeded: 100, verdict: 'pass' },
  ])
  expect(joined.manifest.scenario).toBe(scenario)
})

test('the gravest verdict of any step, and the first step that missed an objective', () => {
  const objectives = pass.objectives.map((objective, i) =>
    i === 0 ? { ...objective, met: false, value: 1e6 } : objective,
  )
  const missed = joinSteps([step(100, { objectives, verdict: 'fail' }), step(200)], {
    scenario,
    unfinished: false,
  })
  expect(missed.verdict).toBe('fail')
  expect(missed.objectives[0]).toMatchObject({ met: false, value: 1e6, reason: 'at 100 posts' })
  expect(missed.objectives.slice(1)).toEqual(pass.objectives.slice(1))

  const late = { verdict: 'invalid', valid: false, invalidReasons: ['late'] } as const
  const invalid = joinSteps([step(100, { verdict: 'fail' }), step(1000, late)], {
    scenario,
    unfinished: false,
  })
  expect(invalid).toMatchObject({
    verdict: 'invalid',
    valid: false,
    invalidReasons: ['at 1,000 posts: late'],
  })

  const dirty = { ...pass.ledger, lost: 2, clean: false }
  const loss = joinSteps([step(100, { ledger: dirty, verdict: 'loss' }), step(200, late)], {
    scenario,
    unfinished: true,
  })
  expect(loss).toMatchObject({ verdict: 'loss', partial: true })
  expect(loss.ledger).toMatchObject({ lost: 2, clean: false })
})

test('what differed in an earlier step differs in the whole', () => {
  const account = { of: 'likes', compared: 5, differing: 0, unknown: 0, examples: [] } as const
  const off = { ...account, compared: 3, differing: 1, examples: ['u likes p'] }
  const joined = joinSteps([step(1, { accounts: [off] }), step(2, { accounts: [account] })], {
    scenario,
    unfinished: false,
  })
  expect(joined.accounts).toEqual([{ ...account, differing: 1, examples: ['u likes p'] }])
})
