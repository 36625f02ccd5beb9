import type { Scenario } from '../config/scenario.ts'
import type {
  LedgerRecord,
  ObjectiveResult,
  RunRecord,
  StateAccount,
  StepRecord,
  Verdict,
} from './run-record.ts'

/** A run of one step. */
export interface RanStep {
  readonly posts: number
  readonly seeded: number
  readonly seedMs: number
  readonly record: RunRecord
}

/** The gravest first. */
const GRAVITY: readonly Verdict[] = ['loss', 'invalid', 'fail', 'pass']

/**
 * One record of all steps: figures of the last, ledger of all, each objective's worst result and the gravest verdict.
 * There is at least one step.
 */
export function joinSteps(
  ran: readonly RanStep[],
  { scenario, unfinished }: { readonly scenario: Scenario; readonly unfinished: boolean },
): RunRecord {
  const records = ran.map(({ record }) => record)
  const last = ran.at(-1)!
  const accounts = joinAccounts(records)
  const sizes = ran.map(({ posts }) => posts.toLocaleString('en-US')).join(', ')
  const note =
    `The load was driven once at each of these numbers of posts: ${sizes}. ` +
    'Latencies, rates and resources without a step named are the last step’s; the ledger is of all.'
  return {
    ...last.record,
    seed: scenario.seed,
    startedAt: records[0]!.startedAt,
    manifest: { ...last.record.manifest, scenario },
    ledger: joinLedgers(records.map(({ ledger }) => ledger)),
    conservation: records.find(isUnbalanced)?.conservation ?? last.record.conservation,
    ...(accounts.length === 0 ? {} : { accounts }),
    objectives: last.record.objectives.map((_, line) => worst(ran, line)),
    valid: records.every(({ valid }) => valid),
    invalidReasons: ran.flatMap((step) =>
      step.record.invalidReasons.map((reason) => `${at(step)}: ${reason}`),
    ),
    verdict: GRAVITY.find((verdict) => records.some((record) => record.verdict === verdict))!,
    partial: unfinished || records.some(({ partial }) => partial),
    steps: ran.map(stepRecord),
    notes: [note, ...last.record.notes],
  }
}

function stepRecord({ posts, seeded, seedMs, record }: RanStep): StepRecord {
  const { load, stages, objectives, verdict } = record
  return { posts, seeded, seedMs, load, stages, objectives, verdict }
}

function isUnbalanced({ conservation }: RunRecord): boolean {
  return conservation.some(({ balanced }) => !balanced)
}

/** A step that missed the objective, the first of them; else the last step's result. */
function worst(ran: readonly RanStep[], line: number): ObjectiveResult {
  const missed = ran.find(({ record }) => record.objectives[line]?.met === false)
  if (missed === undefined) return ran.at(-1)!.record.objectives[line]!
  const result = missed.record.objectives[line]!
  return { ...result, reason: [at(missed), result.reason].filter(Boolean).join(': ') }
}

function at({ posts }: RanStep): string {
  return `at ${posts.toLocaleString('en-US')} posts`
}

function joinLedgers(ledgers: readonly LedgerRecord[]): LedgerRecord {
  const sum = (of: (ledger: LedgerRecord) => number): number => ledgers.reduce((all, one) => all + of(one), 0)
  const phantom = sum((ledger) => ledger.phantom ?? 0)
  return {
    acknowledged: sum((ledger) => ledger.acknowledged),
    failed: sum((ledger) => ledger.failed),
    indeterminate: sum((ledger) => ledger.indeterminate),
    processed: sum((ledger) => ledger.processed),
    lost: sum((ledger) => ledger.lost),
    duplicated: sum((ledger) => ledger.duplicated),
    reordered: sum((ledger) => ledger.reordered),
    dlq: sum((ledger) => ledger.dlq),
    unseen: sum((ledger) => ledger.unseen),
    ...(phantom > 0 ? { phantom } : {}),
    clean: ledgers.every(({ clean }) => clean),
    examples: ledgers.flatMap(({ examples }) => examples),
  }
}

/** The last step compared what all steps left; what differed in an earlier one differed. */
function joinAccounts(records: readonly RunRecord[]): readonly StateAccount[] {
  return (records.at(-1)!.accounts ?? []).map((account) => {
    const all = records.flatMap(({ accounts = [] }) => accounts.filter(({ of }) => of === account.of))
    return {
      ...account,
      differing: all.reduce((sum, { differing }) => sum + differing, 0),
      examples: [...new Set(all.flatMap(({ examples }) => examples))],
    }
  })
}
