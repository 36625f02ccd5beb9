import type { ObjectiveResult, RunRecord } from '../src/measure/run-record.ts'
import {
  formatCount,
  formatDuration,
  formatInUnit,
  formatLimit,
  formatMs,
  formatRate,
  joinWords,
  plural,
} from './format.ts'

/** A verdict in words: one sentence that says what happened, then the sentences that prove it. */
export interface VerdictText {
  readonly headline: string
  readonly reasons: readonly string[]
}

/** Says why a run has its verdict, with the numbers, worst first. */
export function describeVerdict(record: RunRecord): VerdictText {
  const partial = record.partial
    ? [
        `The run was interrupted: the figures cover the ${formatDuration(record.load.measuredMs)} before that.`,
      ]
    : []
  const { headline, reasons } = WORDS[record.verdict](record)
  return { headline, reasons: [...reasons, ...partial] }
}

const WORDS: Readonly<Record<RunRecord['verdict'], (record: RunRecord) => VerdictText>> = {
  pass: (record) => ({
    headline: passHeadline(record),
    reasons: [...closest(record), ledgerSentence(record)],
  }),
  fail: (record) => ({
    headline: failHeadline(record),
    reasons: [
      ...missed(record),
      ...(record.statistics?.rows === null ? [statisticsSentence(record)] : []),
      ...(record.ledger.clean ? [ledgerSentence(record)] : []),
    ],
  }),
  invalid: (record) => ({
    headline: 'The generator did not keep its own schedule, so the latencies say nothing about the pipeline.',
    reasons: [...record.invalidReasons, ...(record.ledger.clean ? [] : [ledgerSentence(record)])],
  }),
  loss: (record) => ({
    headline: lossSentences(record)[0] ?? ledgerSentence(record),
    reasons: [
      ...lossSentences(record).slice(1),
      record.ledger.clean ? ledgerSentence(record) : '',
      unprovenSentence(record),
      ...missed(record).filter((line) => !line.startsWith('ledger')),
    ].filter(Boolean),
  }),
}

function passHeadline(record: RunRecord): string {
  const rate = formatRate(record.load.achievedTps)
  if (record.objectives.length === 0) return `The run was valid at ${rate}; it has no objectives to judge.`
  if (record.objectives.length === 1) return `The objective was met at ${rate}.`
  return `All ${record.objectives.length} objectives were met at ${rate}.`
}

function failHeadline(record: RunRecord): string {
  const misses = record.objectives.filter((objective) => !objective.met).length
  const total = plural(record.objectives.length, 'objective')
  return `${formatCount(misses)} of ${total} ${misses === 1 ? 'was' : 'were'} missed at ${formatRate(record.load.achievedTps)}.`
}

/** The latency objective with the least headroom: the first that would break under more load. */
function closest(record: RunRecord): string[] {
  const latencies = record.objectives.filter(
    (o) => o.met && o.unit === 'ms' && o.value !== null && o.limit > 0,
  )
  const tightest = latencies.sort((a, b) => b.value! / b.limit - a.value! / a.limit)[0]
  if (tightest === undefined) return []
  const figure = `${objectiveSubject(tightest)} was ${formatMs(tightest.value)}`
  return [`Closest to its limit: ${figure}, the limit is ${formatLimit(tightest.limit, 'ms')}.`]
}

function missed(record: RunRecord): string[] {
  return record.objectives.filter((objective) => !objective.met).map(describeMiss)
}

/** One missed objective as a sentence: figure, limit, reason. */
export function describeMiss(objective: ObjectiveResult): string {
  const subject = objectiveSubject(objective)
  const reason = objective.reason === undefined ? '' : ` (${objective.reason.replace(/\.$/, '')})`
  if (objective.unit === 'bool') return `${objective.text}: not met${reason}.`
  if (objective.value === null) return `${subject}: too few samples to say${reason}.`
  const value = formatInUnit(objective.value, objective.unit)
  return `${subject} was ${value}; the limit is ${formatLimit(objective.limit, objective.unit)}${reason}.`
}

/** The objective's text up to its comparison: `freshness p99`. */
export function objectiveSubject(objective: ObjectiveResult): string {
  return objective.text.split(/\s*[<>=]/, 1)[0]!
}

/** What became of the acknowledged events, in one sentence. */
export function ledgerSentence(record: RunRecord): string {
  const { ledger } = record
  if (ledger.acknowledged === 0) return 'No event was acknowledged.'
  const among = `among ${formatCount(ledger.acknowledged)} acknowledged`
  const wrong = [
    ledger.lost > 0 ? `${plural(ledger.lost, 'event')} lost` : '',
    ledger.duplicated > 0 ? `${formatCount(ledger.duplicated)} duplicated` : '',
    ledger.reordered > 0 ? `${formatCount(ledger.reordered)} out of order` : '',
    (ledger.phantom ?? 0) > 0 ? `${formatCount(ledger.phantom ?? 0)} reported failed yet stored` : '',
    ledger.unseen > 0 ? `${formatCount(ledger.unseen)} not processed in time` : '',
  ].filter(Boolean)
  if (wrong.length > 0) return `${joinWords(wrong)} ${among}.`
  return ledger.clean
    ? `No event was lost, duplicated or out of order ${among}.`
    : `The ledger does not add up ${among}.`
}

/** Whether PostgreSQL has what the log has, in one sentence; empty for a run without statistics. */
export function statisticsSentence({ statistics }: RunRecord): string {
  if (statistics === undefined) return ''
  const { logged, rows, counted, equal } = statistics
  const actions = plural(logged, 'user action')
  if (rows === null || counted === null)
    return `PostgreSQL did not answer, so its statistics could not be compared with the ${actions} in the log.`
  if (equal) return `PostgreSQL has a row and a count of each of ${plural(rows, 'event')}.`
  return `Of ${actions} in the log PostgreSQL has ${plural(rows, 'row')}, and its counts add up to ${formatCount(counted)}.`
}

/** What makes a run a loss, the events first. */
function lossSentences(record: RunRecord): string[] {
  const events = record.ledger.clean ? '' : ledgerSentence(record)
  return [events, unequalSentence(record), differingSentence(record)].filter(Boolean)
}

function differingSentence({ accounts = [] }: RunRecord): string {
  const off = accounts.filter(({ differing }) => differing > 0)
  const parts = off.map(({ of, differing, compared }) => {
    return `${formatCount(differing)} of ${of} (${formatCount(compared)} compared)`
  })
  return off.length === 0 ? '' : `What the service holds differs from what it answered: ${joinWords(parts)}.`
}

function unequalSentence(record: RunRecord): string {
  return record.statistics?.equal === false ? statisticsSentence(record) : ''
}

function unprovenSentence(record: RunRecord): string {
  const off = record.conservation.filter((stage) => !stage.balanced).map((stage) => stage.stage)
  return off.length === 0 ? '' : `Records in and out do not balance at ${joinWords(off)}.`
}
