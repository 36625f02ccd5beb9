import type { Phase } from './scenario.ts'

/**
 * The phases stretched or shrunk to a total, each by the same factor, and with it its spike or period, so the
 * shape stays. Rounded to whole ms at the phases' ends, so that the durations add up to the total exactly.
 */
export function stretchPhases(phases: readonly Phase[], totalMs: number): readonly Phase[] {
  const factor = totalMs / phases.reduce((sum, { durationMs }) => sum + durationMs, 0)
  let end = 0
  let roundedEnd = 0
  return phases.map((phase, i) => {
    const begin = roundedEnd
    end += phase.durationMs * factor
    roundedEnd = i === phases.length - 1 ? totalMs : Math.round(end)
    const durationMs = roundedEnd - begin
    if (phase.shape === 'spike') {
      return { ...phase, durationMs, spikeMs: Math.min(phase.spikeMs * factor, durationMs) }
    }
    if (phase.shape === 'sine') return { ...phase, durationMs, periodMs: phase.periodMs * factor }
    return { ...phase, durationMs }
  })
}
