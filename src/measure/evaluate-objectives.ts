import type { Histogram } from 'hdr-histogram-js'
import type {
  CountObjective,
  CountOp,
  ErrorsObjective,
  LatencyObjective,
  Objective,
  RateObjective,
} from './objective-grammar.ts'
import { samplesNeeded } from './percentiles.ts'
import type { RunMeasurements } from './run-measurements.ts'
import type { LedgerRecord, LoadRecord, ObjectiveResult } from './run-record.ts'

/** What objectives are judged by. */
export interface JudgedRun {
  readonly measurements: Pick<RunMeasurements, 'measures'>
  readonly load: Pick<LoadRecord, 'offered' | 'sent' | 'failed' | 'achievedTps' | 'measuredMs'>
  readonly ledger: LedgerRecord
}

/** Judges a finished run; results in the objectives' order. */
export function evaluateObjectives(
  objectives: readonly Objective[],
  run: JudgedRun,
): readonly ObjectiveResult[] {
  return objectives.map((objective) => evaluate(objective, run))
}

function evaluate(objective: Objective, run: JudgedRun): ObjectiveResult {
  switch (objective.kind) {
    case 'latency': {
      const measured = run.measurements.measures.get(objective.measure)
      return judgeLatency(objective, measured?.dueToDone ?? null, measured?.failed ?? 0)
    }
    case 'errors': {
      const { attempts, failed } = attemptsOf(objective, run)
      return judgeErrors(objective, attempts, failed)
    }
    case 'rate': {
      const offeredTps = run.load.measuredMs > 0 ? (run.load.offered * 1e3) / run.load.measuredMs : 0
      return judgeRate(objective, run.load.achievedTps, offeredTps)
    }
    case 'count':
      return judgeCount(objective, run.ledger)
    case 'ledger': {
      const { clean } = run.ledger
      const result = {
        text: objective.text,
        value: clean ? 1 : 0,
        limit: 1,
        unit: 'bool',
        met: clean,
      } as const
      return clean ? result : { ...result, reason: dirt(run.ledger) }
    }
  }
}

/**
 * Judges a latency. What failed never got done, so it counts as slower than every sample: else a stage that
 * drops half of its work would meet any percentile. The mean is of what got done.
 */
export function judgeLatency(
  { text, measure, statistic, op, limitMs }: LatencyObjective,
  histogram: Histogram | null,
  failed: number,
): ObjectiveResult {
  const done = histogram?.totalCount ?? 0
  const total = done + failed
  const missed = (reason: string): ObjectiveResult => ({
    text,
    value: null,
    limit: limitMs,
    unit: 'ms',
    met: false,
    reason,
  })
  if (histogram === null || total === 0) return missed(`${measure} has no sample`)
  if (done === 0) return missed(`all ${failed} failed`)
  let valueUs: number
  if (statistic === 'mean') {
    valueUs = histogram.mean
  } else if (statistic === 'max') {
    if (failed > 0) return missed(`${failed} of ${total} failed, so the largest latency has no bound`)
    valueUs = histogram.maxValue
  } else {
    const needed = samplesNeeded(statistic)
    if (total < needed) return missed(`p${statistic} needs ${needed} samples, there are ${total}`)
    const rank = Math.max(1, Math.ceil((statistic / 100) * total - 1e-6))
    if (rank > done) return missed(`${failed} of ${total} failed, so p${statistic} has no bound`)
    // Half a rank below asks for exactly this rank, whatever rounding the division does.
    valueUs = Math.min(histogram.getValueAtPercentile(((rank - 0.5) / done) * 100), histogram.maxValue)
  }
  const value = valueUs / 1e3
  return { text, value, limit: limitMs, unit: 'ms', met: holds(value, op, limitMs) }
}

export function judgeErrors(
  { text, op, limitPercent }: ErrorsObjective,
  attempts: number,
  failed: number,
): ObjectiveResult {
  const base = { text, limit: limitPercent, unit: '%' } as const
  if (attempts === 0) return { ...base, value: null, met: false, reason: 'nothing was attempted' }
  const value = (failed / attempts) * 100
  return { ...base, value, met: holds(value, op, limitPercent) }
}

export function judgeRate(
  { text, op, limit, unit }: RateObjective,
  achievedTps: number,
  offeredTps: number,
): ObjectiveResult {
  if (offeredTps === 0)
    return { text, value: null, limit, unit, met: false, reason: 'the schedule offered nothing' }
  const value = unit === '%' ? (achievedTps / offeredTps) * 100 : achievedTps
  return { text, value, limit, unit, met: holds(value, op, limit) }
}

function judgeCount({ text, account, op, limit }: CountObjective, ledger: LedgerRecord): ObjectiveResult {
  const value = ledger[account]
  return { text, value, limit, unit: 'events', met: holds(value, op, limit) }
}

/** A figure exactly at its limit: the operator decides. */
function holds(value: number, op: CountOp, limit: number): boolean {
  switch (op) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
  }
}

function attemptsOf({ measure }: ErrorsObjective, run: JudgedRun): { attempts: number; failed: number } {
  if (measure === null) return { attempts: run.load.sent, failed: run.load.failed }
  const measured = run.measurements.measures.get(measure)
  const failed = measured?.failed ?? 0
  return { attempts: (measured?.dueToDone.totalCount ?? 0) + failed, failed }
}

function dirt({ lost, duplicated, reordered, unseen, phantom = 0 }: LedgerRecord): string {
  const counts = Object.entries({ lost, duplicated, reordered, unseen, phantom }).filter(
    ([, count]) => count > 0,
  )
  return counts.map(([name, count]) => `${count} ${name}`).join(', ')
}
