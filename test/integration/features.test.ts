import { expect, test, vi } from 'vitest'
import { prepareReplay } from '../../src/app/prepare-replay.ts'
import { replayWish } from '../../src/app/replay-wish.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import type { Scenario } from '../../src/config/scenario.ts'
import { checkFeatures } from '../fixtures/features/check-features.ts'
import { inDirectory } from '../fixtures/replay/rows.ts'
import { dataTest } from '../fixtures/shared-data.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of seven threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 600_000 })

const SET = [
  'pipeline.features.enabled=true',
  'load.reads.tps=5',
  'drain=2m',
  // A busy machine must not make the run invalid: this is about what is stored.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

/** The same with a lateness that no stall of a busy machine exceeds. */
function patient(scenario: Scenario): Scenario {
  const { features } = scenario.pipeline
  const definitions = { ...features.definitions, latenessMs: 600_000 }
  return { ...scenario, pipeline: { ...scenario.pipeline, features: { ...features, definitions } } }
}

test('after a run every user’s features equal the reference over the log', async () => {
  const set = [...SET, 'load.canaries.tps=5']
  const scenario = patient(await loadScenario('baseline', { tps: 300, durationMs: 5000, users: 60, set }, {}))
  let checked = { users: 0, late: 0 }
  const { record } = await runSmallLab(scenario, undefined, async (stack) => {
    checked = await checkFeatures(stack, scenario.pipeline.features.definitions)
  })
  expect(checked).toMatchObject({ users: expect.any(Number), late: 0 })
  expect(checked.users).toBeGreaterThan(50)
  const conserved = record.conservation.filter(({ stage }) => stage === 'feature' || stage === 'reminder')
  expect(conserved).toMatchObject([
    { balanced: true, inFlight: 0 },
    { balanced: true, inFlight: 0 },
  ])
  expect(record.ledger.clean).toBe(true)
})

dataTest('rees46-2019-10-01.csv.gz', 'features of REES46’s users equal the reference', async (file) => {
  await inDirectory(async (directory) => {
    const base = await loadScenario(
      'replay',
      { tps: 1000, seed: 3, set: [...SET, 'load.canaries.tps=0'] },
      {},
    )
    const place = { directory, signal: new AbortController().signal, log: () => undefined }
    const wish = replayWish({ file, tps: 1000, header: true })
    const { scenario, source, dispose } = await prepareReplay(patient(base), wish, place)
    try {
      let checked = { users: 0, late: 0 }
      const { record } = await runSmallLab(scenario, source, async (stack) => {
        checked = await checkFeatures(stack, scenario.pipeline.features.definitions)
      })
      expect(checked).toEqual({ users: 4504, late: 0 })
      expect(record.conservation.find(({ stage }) => stage === 'feature')).toMatchObject({
        balanced: true,
        inFlight: 0,
      })
    } finally {
      await dispose()
    }
  })
})
