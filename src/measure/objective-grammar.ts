import { MEASURES, type MeasureName } from './run-record.ts'

/**
 * The grammar of an objective line; blanks may stand between any two words:
 *
 *   objective  = latency | errors | rate | count | "ledger" "clean"
 *   latency    = measure ( "p" number | "max" | "mean" ) ( "<" | "<=" ) number ( "us" | "µs" | "ms" | "s" | "min" )
 *   errors     = [ measure ] "errors" ( "<" | "<=" ) number "%"
 *   rate       = "rate" ( ">" | ">=" ) number ( "%" | "/s" )
 *   count      = account ( "<" | "<=" | ">" | ">=" | "==" ) number
 *   measure    = "ack" | "index" | "preference" | "freshness" | "recommend" | "notify" | "posts" | "searches"
 *   account    = "lost" | "duplicated" | "reordered" | "unseen" | "indeterminate" | "failed" | "dlq"
 *
 * A latency is from due time to done. `rate` is what was acknowledged per second, in percent of what the
 * schedule offered or as it is. `errors` are events whose append failed, in percent of those sent; with a
 * measure, its failures in percent of its attempts.
 */
export type Objective = LatencyObjective | ErrorsObjective | RateObjective | CountObjective | LedgerObjective

export interface LatencyObjective {
  readonly kind: 'latency'
  readonly text: string
  readonly measure: MeasureName
  /** A percentile above 0 and below 100, or one of the other two. */
  readonly statistic: number | 'max' | 'mean'
  readonly op: '<' | '<='
  readonly limitMs: number
}

export interface ErrorsObjective {
  readonly kind: 'errors'
  readonly text: string
  /** Null: the events of the load. */
  readonly measure: MeasureName | null
  readonly op: '<' | '<='
  readonly limitPercent: number
}

export interface RateObjective {
  readonly kind: 'rate'
  readonly text: string
  readonly op: '>' | '>='
  readonly limit: number
  readonly unit: '%' | '/s'
}

export interface CountObjective {
  readonly kind: 'count'
  readonly text: string
  readonly account: AccountName
  readonly op: CountOp
  readonly limit: number
}

export interface LedgerObjective {
  readonly kind: 'ledger'
  readonly text: string
}

export const ACCOUNTS = [
  'lost',
  'duplicated',
  'reordered',
  'unseen',
  'indeterminate',
  'failed',
  'dlq',
] as const
export type AccountName = (typeof ACCOUNTS)[number]
export type CountOp = '<' | '<=' | '>' | '>=' | '=='

/** What is wrong with an objective line, and where. */
export interface ObjectiveFault {
  /** From 1. */
  readonly column: number
  readonly message: string
  /** The word that stands there, and those that could: for a suggestion to whoever misspelt it. */
  readonly found?: string
  readonly choices?: readonly string[]
}

export const SUBJECTS: readonly string[] = [...MEASURES, 'rate', 'errors', 'ledger', ...ACCOUNTS]
export const UNITS_MS: Readonly<Record<string, number>> = { us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, min: 6e4 }

/** The line in its plainest form: parsing it gives the same objective again. */
export function formatObjective(objective: Objective): string {
  switch (objective.kind) {
    case 'latency': {
      const { measure, statistic, op, limitMs } = objective
      return `${measure} ${typeof statistic === 'number' ? `p${statistic}` : statistic} ${op} ${limitMs}ms`
    }
    case 'errors': {
      const { measure, op, limitPercent } = objective
      return `${measure === null ? '' : `${measure} `}errors ${op} ${limitPercent}%`
    }
    case 'rate':
      return `rate ${objective.op} ${objective.limit}${objective.unit}`
    case 'count':
      return `${objective.account} ${objective.op} ${objective.limit}`
    case 'ledger':
      return 'ledger clean'
  }
}
