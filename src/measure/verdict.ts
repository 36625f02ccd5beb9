import { CODES } from '../errors/codes.ts'
import type { LedgerRecord, RunRecord, Verdict } from './run-record.ts'

/**
 * Judges a run, the gravest first:
 *
 * 1. `loss`: an acknowledged event that is gone, or one that is there twice or out of order, is so whatever
 *    the load was. A late generator makes latencies worthless, but cannot make a log lose what it has
 *    acknowledged; so an invalid run that lost events must not hide behind being invalid. Statistics that differ
 *    from the log are such a loss, and so is what a service holds and should not, or should and does not.
 * 2. `invalid`: the generator fell behind, so the load was not the one asked for, and neither an objective
 *    met nor one missed says anything about the pipeline.
 * 3. `fail`: an objective is missed, or the counts of a stage do not add up (in = out + dead letters + in
 *    flight), or nobody could say what the statistics are: no single event is known to be lost then, but the
 *    books cannot be trusted.
 * 4. `pass`.
 */
export function verdictOf(
  run: Pick<RunRecord, 'valid' | 'objectives' | 'conservation' | 'statistics' | 'accounts'> & {
    readonly ledger: Pick<LedgerRecord, 'lost' | 'duplicated' | 'reordered'>
  },
): Verdict {
  const { lost, duplicated, reordered } = run.ledger
  const { equal = true, rows = null } = run.statistics ?? {}
  if (lost + duplicated + reordered > 0 || (!equal && rows !== null)) return 'loss'
  if (run.accounts?.some(({ differing }) => differing > 0)) return 'loss'
  if (!run.valid) return 'invalid'
  const met = equal && run.objectives.every((objective) => objective.met)
  return met && run.conservation.every(({ balanced }) => balanced) ? 'pass' : 'fail'
}

const EXITS: Readonly<Record<Verdict, number>> = {
  pass: 0,
  fail: CODES.REP_OBJECTIVE.exit,
  invalid: CODES.REP_INVALID.exit,
  loss: CODES.REP_LEDGER.exit,
}

/** Exit status of a run that was not interrupted: 0, 99, 6 or 7. */
export function exitOf(verdict: Verdict): number {
  return EXITS[verdict]
}
