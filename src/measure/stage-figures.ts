import { encodeHistogram } from './latency-histogram.ts'
import { percentilesOf } from './percentiles.ts'
import type { RunMeasurements } from './run-measurements.ts'
import type { MeasureName, StageFigures } from './run-record.ts'

/** The figures of every measure; `resolutionsMs` names what bounds some of them, e.g. the canaries' polling. */
export function stageFigures(
  { measures }: Pick<RunMeasurements, 'measures'>,
  resolutionsMs: Readonly<Partial<Record<MeasureName, number>>> = {},
): Readonly<Partial<Record<MeasureName, StageFigures>>> {
  const figures: Partial<Record<MeasureName, StageFigures>> = {}
  for (const [name, { dueToDone, sendToDone, failed }] of measures) {
    const resolutionMs = resolutionsMs[name]
    figures[name] = {
      ...percentilesOf(dueToDone),
      sendToDone: percentilesOf(sendToDone),
      failed,
      histogram: encodeHistogram(dueToDone),
      ...(resolutionMs === undefined ? {} : { resolutionMs }),
    }
  }
  return figures
}
