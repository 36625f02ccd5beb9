import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test, vi } from 'vitest'
import { renderHtml } from '../../reports/html.ts'
import { renderMarkdown } from '../../reports/markdown.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import type { RunRecord } from '../../src/measure/run-record.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

const schema: object = JSON.parse(
  readFileSync(new URL('../../reports/run.schema.json', import.meta.url), 'utf8'),
)

/** The record as it is stored is what its schema says. */
function expectValid(record: RunRecord): void {
  const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema)
  validate(JSON.parse(JSON.stringify(record)))
  expect(validate.errors ?? []).toEqual([])
}

// A whole lab of eight threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 600_000 })

const SET = [
  'warmup=500ms',
  'drain=2m',
  'load.reads.tps=5',
  'load.canaries.tps=5',
  'load.collector={senders: 8, timeout: 1m}',
  'objectives=[ledger clean]',
  // A busy machine must not make the run invalid: this is about what is stored.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

test.each([1, 2])(
  'events-500, %i threads: likes and recent searches equal the fold, every like step is in the log once',
  async (threads) => {
    const set = [...SET, `load.threads=${threads}`, 'load.posts.unlike=15', 'load.posts.search=30']
    const scenario = await loadScenario(
      'events-500',
      { tps: 300, durationMs: 4000, users: 20, seed: 9, set },
      {},
    )
    const { record, posts } = await runSmallLab(scenario)
    const { ledger, accounts } = record
    expect(ledger.examples).toEqual([])
    expect(ledger).toMatchObject({ clean: true, failed: 0, indeterminate: 0 })
    expect(ledger.processed).toBe(ledger.acknowledged)
    // Repeated likes and reads make no event.
    expect(ledger.acknowledged).toBeLessThan(record.load.sent + record.load.warmup)
    expect(record.load.sent).toBe(record.load.offered)
    expect(accounts).toMatchObject([
      { of: 'likes', differing: 0, unknown: 0, examples: [] },
      { of: 'searches', differing: 0, unknown: 0, examples: [] },
    ])
    expect(accounts!.every(({ compared }) => compared >= 10)).toBe(true)
    expect([...posts!.fold.searches.values()].some((list) => list.length === 20)).toBe(true)
    expect([...posts!.steps.values()].some((steps) => steps > 1)).toBe(true)
    // Likes too are in PostgreSQL once, by the ids that the service gave them.
    expect(record.statistics).toMatchObject({ equal: true })
    expect(record.stages.searches!.count).toBeGreaterThan(10)
    expect(record.notes.join('\n')).not.toContain('were not this run')
    expect(record.verdict).toBe('pass')
  },
)

test('posts-2m, tiny: each step has its figures, posts are found, and likes are accounted for over all steps', async () => {
  const set = [
    ...SET,
    'load.canaries.tps=10',
    'catalogue.products=20',
    'catalogue={products: 20, categories: 5, posts: 300, steps: [40, 120, 300]}',
    'load.posts.like=40',
  ]
  const scenario = await loadScenario('posts-2m', { tps: 200, durationMs: 2000, users: 15, seed: 4, set }, {})
  let found = 0
  const { record, posts } = await runSmallLab(scenario, undefined, async (stack) => {
    found = await stack.documents.count('post_index')
  })
  expect(found).toBe(300)
  expect(record.steps!.map(({ posts, seeded, verdict }) => ({ posts, seeded, verdict }))).toEqual([
    { posts: 40, seeded: 40, verdict: 'pass' },
    { posts: 120, seeded: 80, verdict: 'pass' },
    { posts: 300, seeded: 180, verdict: 'pass' },
  ])
  for (const { load, stages } of record.steps!) {
    expect(load.sent).toBe(load.offered)
    expect(stages.posts!).toMatchObject({ failed: 0 })
    expect(stages.posts!.count).toBeGreaterThan(20)
    // A canary of the step before must not stand for one of this step.
    expect(stages.freshness!.count).toBeGreaterThan(10)
  }
  expect(record.ledger).toMatchObject({ clean: true, failed: 0, indeterminate: 0 })
  expect(record.ledger.processed).toBe(record.ledger.acknowledged)
  expect(record.accounts).toMatchObject([
    { of: 'likes', differing: 0, unknown: 0, examples: [] },
    { of: 'searches', differing: 0, unknown: 0, examples: [] },
  ])
  expect([...posts!.steps.values()].some((steps) => steps > 2)).toBe(true)
  expect(record.notes.join('\n')).not.toContain('were not this run')
  expect(record.verdict).toBe('pass')
  expectValid(record)
  expect(renderMarkdown(record)).toContain('| 120 |')
  expect(renderHtml(record)).toContain('By size of the catalogue')
})
