import type { Scenario } from '../config/scenario.ts'
import { nowUs } from '../kernel/time.ts'
import { phasesMs } from '../load/rate-curve.ts'
import type { LiveSnapshot } from '../measure/live-status.ts'
import { processUsage } from '../measure/process-usage.ts'
import type { EventLog } from '../ports/event-log.ts'
import { backlogOf } from './backlog.ts'
import type { LabCollector } from './lab-collector.ts'
import type { Offered } from './offered.ts'
import { groupsOf, stagesOf } from './stage-table.ts'

export interface SamplerParts {
  readonly scenario: Scenario
  readonly collector: LabCollector
  readonly log: EventLog
  readonly offered: Offered
}

/** Looks at the run once a second: backlogs for the timeline, and all of it for a live view. */
export class LiveSampler {
  /** Records waiting by stage, by second of the measured part. */
  readonly backlogs = new Map<number, Readonly<Record<string, number>>>()
  readonly #parts: SamplerParts
  readonly #rates: number[] = []
  #originUs = 0
  #cpu = { atUs: 0, seconds: 0 }
  #draining = false

  constructor(parts: SamplerParts) {
    this.#parts = parts
  }

  begin(originUs: number): void {
    this.#originUs = originUs
    this.#cpu = { atUs: nowUs(), seconds: processUsage()?.cpuSeconds ?? 0 }
  }

  beginDrain(): void {
    this.#draining = true
  }

  async sample(): Promise<LiveSnapshot> {
    const { scenario, collector, log, offered } = this.#parts
    const now = nowUs()
    const elapsedMs = Math.max(0, (now - this.#originUs) / 1e3)
    const second = Math.floor((elapsedMs - scenario.warmupMs) / 1e3)
    const backlog = await backlogOf(log, groupsOf(stagesOf(scenario.pipeline)))
    if (!this.#draining) this.backlogs.set(second, backlog)
    const { sentTps, measures, lagP99Ms, failed } = collector.takeRecentFigures()
    this.#rates.push(sentTps)
    const usage = processUsage()
    const cpuCores = usage === null ? null : coresSince(this.#cpu, { atUs: now, seconds: usage.cpuSeconds })
    this.#cpu = { atUs: now, seconds: usage?.cpuSeconds ?? 0 }
    return {
      scenario: scenario.name,
      elapsedMs,
      plannedMs: scenario.warmupMs + phasesMs(scenario.load.actions.phases),
      phase: this.#draining ? 'drain' : phaseAt(scenario, elapsedMs),
      targetTps: scenario.load.actions.tps,
      offeredTps: offered.bySecond.get(second - 1) ?? 0,
      sentTps,
      sent: collector.sent,
      failed,
      scheduleLagP99Ms: lagP99Ms,
      backlog,
      measures,
      rates: this.#rates,
      cpuCores,
      rssBytes: usage?.rssBytes ?? null,
    }
  }
}

interface CpuMark {
  readonly atUs: number
  readonly seconds: number
}

function coresSince(before: CpuMark, now: CpuMark): number | null {
  const seconds = (now.atUs - before.atUs) / 1e6
  return seconds > 0 ? (now.seconds - before.seconds) / seconds : null
}

/** `warm-up`, `constant`, or `ramp 2 of 3` where there are several phases. */
function phaseAt({ warmupMs, load }: Scenario, elapsedMs: number): string {
  if (elapsedMs < warmupMs) return 'warm-up'
  const { phases } = load.actions
  let endMs = warmupMs
  for (const [i, phase] of phases.entries()) {
    endMs += phase.durationMs
    if (elapsedMs < endMs)
      return phases.length === 1 ? phase.shape : `${phase.shape} ${i + 1} of ${phases.length}`
  }
  return 'last events'
}
