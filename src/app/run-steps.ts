import type { Scenario } from '../config/scenario.ts'
import { phasesMs } from '../load/rate-curve.ts'
import { joinSteps, type RanStep } from '../measure/join-steps.ts'
import type { LabOptions, LabRun, RunBefore } from './lab-options.ts'
import { runLab } from './run-lab.ts'

/**
 * Runs a scenario; where it has steps, once after each size of the post index, on the same stores. The record is the
 * last step's with all steps beside it, and the gravest verdict. An interrupted run ends with the step under way.
 */
export async function runSteps(options: LabOptions): Promise<LabRun> {
  const { scenario, signal } = options
  const { steps } = scenario.catalogue
  if (steps.length === 0) return runLab(options)
  const ran: RanStep[] = []
  let before: RunBefore | undefined
  let run: LabRun
  let at = 0
  do {
    const posts = steps[at]!
    options.onLog(`step ${at + 1} of ${steps.length}: ${posts.toLocaleString('en-US')} posts`)
    run = await runLab({
      ...options,
      scenario: stepOf(scenario, at),
      ...(before === undefined ? {} : { before }),
    })
    const seeded = posts - (before?.seeded ?? 0)
    ran.push({ posts, seeded, seedMs: run.seedMs, record: run.record })
    before = { posts: run.posts, seeded: posts }
    at++
  } while (at < steps.length && !signal.aborted && !run.record.partial)
  const record = joinSteps(ran, { scenario, unfinished: at < steps.length })
  return { ...run, record }
}

/** The load of a step: another seed, so that no request is made again, and event time goes on. */
function stepOf(scenario: Scenario, at: number): Scenario {
  const { seed, startsAtMs, warmupMs, load, catalogue } = scenario
  const lengthMs = warmupMs + phasesMs(load.actions.phases)
  return {
    ...scenario,
    seed: (seed + at) >>> 0,
    startsAtMs: startsAtMs + at * Math.ceil(lengthMs),
    catalogue: { ...catalogue, posts: catalogue.steps[at]!, steps: [] },
  }
}
