import { createBreachWatch } from '../measure/breach-watch.ts'
import { parseObjectives } from '../measure/parse-objective.ts'
import type { EarlyStop } from './early-stop.ts'
import type { LabCollector } from './lab-collector.ts'
import type { LabOptions } from './lab-options.ts'
import type { LiveSampler } from './live-sampler.ts'
import type { Offered } from './offered.ts'

const EVERY_MS = 1000

export interface TickerParts {
  readonly sampler: LiveSampler
  readonly collector: LabCollector
  readonly early: EarlyStop
  readonly offered: Offered
}

/** Once a second: samples the run, shows it, and looks for a breach where the user asked for that. */
export function startTicking(options: LabOptions, parts: TickerParts): { stop(): Promise<void> } {
  const { sampler, collector, early, offered } = parts
  const { scenario, breachWindowMs } = options
  const watch =
    breachWindowMs === null
      ? null
      : createBreachWatch(parseObjectives(scenario.objectives), { windowMs: breachWindowMs })
  let busy = Promise.resolve()
  let failing = false
  const tick = async (): Promise<void> => {
    const now = await sampler.sample()
    options.onLive(now)
    const snapshot = collector.takeFresh()
    const second = Math.floor((now.elapsedMs - scenario.warmupMs) / 1e3) - 1
    if (watch === null || second < 0 || now.phase === 'drain') return
    early.breached(watch.feed({ atMs: now.elapsedMs, offered: offered.bySecond.get(second) ?? 0, snapshot }))
  }
  const timer = setInterval(() => {
    busy = busy.then(tick).then(
      () => {
        if (failing) options.onLog('live view: goes on')
        failing = false
      },
      (error: unknown) => {
        if (!failing) options.onLog(`live view: waiting, ${error instanceof Error ? error.message : error}`)
        failing = true
      },
    )
  }, EVERY_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      await busy
    },
  }
}
