import { expect, test, vi } from 'vitest'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { countedEvents } from '../../src/stages/statistics/counted-events.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of seven threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 600_000 })

const SET = [
  'pipeline.statistics.enabled=true',
  'pipeline.statistics.flush=500ms',
  'load.reads.tps=5',
  'load.canaries.tps=5',
  'drain=2m',
  // A busy machine must not make the run invalid: this is about what is stored.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

test('after a run PostgreSQL has a row and a count of every event in the log', async () => {
  const scenario = await loadScenario('baseline', { tps: 300, durationMs: 5000, users: 60, set: SET }, {})
  let counts = { rows: 0, counted: 0 }
  const { record, logged } = await runSmallLab(scenario, undefined, async (stack) => {
    counts = await countedEvents(await stack.openSql())
  })
  const events = [...logged.values()].flat().length
  expect(events).toBeGreaterThan(1000)
  expect(counts).toEqual({ rows: events, counted: events })
  expect(record.statistics).toEqual({ logged: events, rows: events, counted: events, equal: true })
  expect(record.conservation.find(({ stage }) => stage === 'statistics')).toMatchObject({
    balanced: true,
    inFlight: 0,
    in: events,
  })
  expect(record.ledger.clean).toBe(true)
})
