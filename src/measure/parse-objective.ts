import { RepError } from '../errors/rep-error.ts'
import {
  ACCOUNTS,
  type AccountName,
  type CountOp,
  type Objective,
  type ObjectiveFault,
  SUBJECTS,
  UNITS_MS,
} from './objective-grammar.ts'
import type { MeasureName } from './run-record.ts'

export type ParsedObjective =
  | { readonly objective: Objective; readonly fault?: never }
  | { readonly objective?: never; readonly fault: ObjectiveFault }

/** Reads one objective line; a fault says where and what was probably meant. Grammar: objective-grammar.ts. */
export function parseObjective(text: string): ParsedObjective {
  try {
    const line = new Line(text)
    const objective = readObjective(line)
    line.end()
    return { objective }
  } catch (error) {
    if (error instanceof Misread) return { fault: error.fault }
    throw error
  }
}

/** Reads lines that are known to be right; throws REP_SCENARIO with every fault's line and column when not. */
export function parseObjectives(texts: readonly string[]): readonly Objective[] {
  const details: string[] = []
  const objectives = texts.flatMap((text, i) => {
    const { objective, fault } = parseObjective(text)
    if (objective !== undefined) return [objective]
    details.push(`objective ${i + 1} (${text}), column ${fault.column}: ${fault.message}`)
    return []
  })
  if (details.length > 0) throw new RepError('REP_SCENARIO', 'An objective cannot be read.', { details })
  return objectives
}

class Misread extends Error {
  readonly fault: ObjectiveFault

  constructor(fault: ObjectiveFault) {
    super(fault.message)
    this.fault = fault
  }
}

const OPERATORS: readonly string[] = ['<', '<=', '>', '>=', '==']
const PERCENTILES: readonly string[] = ['p50', 'p90', 'p99', 'p99.9', 'p99.99']

interface Token {
  readonly text: string
  readonly column: number
}

/** Words (`p99.9` is one), numbers, units and operators, each with its column. */
const TOKENS =
  /\s+|([a-zµ][a-zµ_-]*(?:\d+(?:\.\d+)?)?)|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(<=|>=|==|[<>=]|\/s|%)|(\S)/giy

class Line {
  readonly #tokens: Token[] = []
  readonly #endColumn: number
  readonly text: string
  #at = 0

  constructor(text: string) {
    this.text = text
    this.#endColumn = text.length + 1
    for (const match of text.matchAll(TOKENS)) {
      const [found, word, number, sign, other] = match
      const column = match.index + 1
      if (other !== undefined) throw new Misread({ column, message: `\`${other}\` has no meaning here.` })
      if ((word ?? number ?? sign) !== undefined) this.#tokens.push({ text: found, column })
    }
  }

  peek(): string {
    return this.#tokens[this.#at]?.text ?? ''
  }

  get column(): number {
    return this.#tokens[this.#at]?.column ?? this.#endColumn
  }

  take(): string {
    const text = this.peek()
    this.#at++
    return text
  }

  /** One of the words given, or a fault that says what was awaited. */
  word(choices: readonly string[], what: string): string {
    if (choices.includes(this.peek())) return this.take()
    const found = this.peek()
    throw this.fault(`${awaited(what, found)}: one of ${choices.join(', ')}.`, choices)
  }

  number(): number {
    const found = this.peek()
    if (!/^-?\d/.test(found)) throw this.fault(`${awaited('a number', found)}.`)
    const value = Number(found)
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw this.fault('A limit is a number from 0 on.')
    this.take()
    return value
  }

  end(): void {
    if (this.peek() !== '') throw this.fault(`Nothing may follow here, but \`${this.peek()}\` does.`)
  }

  fault(message: string, choices?: readonly string[]): Misread {
    const words = choices === undefined ? {} : { found: this.peek(), choices }
    return new Misread({ column: this.column, message, ...words })
  }
}

function awaited(what: string, found: string): string {
  return found === '' ? `Here ${what} is missing` : `\`${found}\` is not ${what}`
}

function readObjective(line: Line): Objective {
  const { text } = line
  const subject = line.word(SUBJECTS, 'something that can be judged')
  if (subject === 'ledger') {
    line.word(['clean'], 'what a ledger can be')
    return { kind: 'ledger', text }
  }
  if (subject === 'rate') return readRate(line)
  if (subject === 'errors') return readErrors(line, null)
  if ((ACCOUNTS as readonly string[]).includes(subject)) return readCount(line, subject as AccountName)
  return readMeasure(line, subject as MeasureName)
}

function readMeasure(line: Line, measure: MeasureName): Objective {
  if (line.peek() === 'errors') {
    line.take()
    return readErrors(line, measure)
  }
  const statistic = readStatistic(line)
  const op = readUpperBound(line)
  const value = line.number()
  const unit = line.word(Object.keys(UNITS_MS), 'a unit of time')
  return { kind: 'latency', text: line.text, measure, statistic, op, limitMs: value * UNITS_MS[unit]! }
}

function readStatistic(line: Line): number | 'max' | 'mean' {
  const found = line.peek()
  if (!/^p\d/.test(found))
    return line.word([...PERCENTILES, 'max', 'mean', 'errors'], 'a statistic') as 'max' | 'mean'
  const percentile = Number(found.slice(1))
  if (percentile > 0 && percentile < 100) {
    line.take()
    return percentile
  }
  const meant =
    percentile === 100 ? 'p100 is max' : `p${found.slice(1)} is usually written p${dotted(found.slice(1))}`
  throw line.fault(`A percentile lies between 0 and 100; ${meant}.`)
}

/** `999` as `99.9`: what somebody who left out the dot meant. */
function dotted(digits: string): string {
  return /^99\d+$/.test(digits) ? `99.${digits.slice(2)}` : '99'
}

function readErrors(line: Line, measure: MeasureName | null): Objective {
  const op = readUpperBound(line)
  const limitPercent = line.number()
  line.word(['%'], 'the unit of errors')
  return { kind: 'errors', text: line.text, measure, op, limitPercent }
}

function readRate(line: Line): Objective {
  const op = readOperator(line, ['>', '>='], 'a slow run would meet it') as '>' | '>='
  const limit = line.number()
  const unit = line.word(['%', '/s'], 'a unit of rate') as '%' | '/s'
  return { kind: 'rate', text: line.text, op, limit, unit }
}

function readCount(line: Line, account: AccountName): Objective {
  const op = line.word(OPERATORS, 'a comparison') as CountOp
  return { kind: 'count', text: line.text, account, op, limit: line.number() }
}

function readUpperBound(line: Line): '<' | '<=' {
  return readOperator(line, ['<', '<='], 'a bad run would meet it') as '<' | '<='
}

/** One of the allowed operators; the other direction gets told why it makes no sense. */
function readOperator(line: Line, allowed: readonly string[], whyNot: string): string {
  const found = line.peek()
  if (OPERATORS.includes(found) && !allowed.includes(found)) {
    throw line.fault(`\`${found}\` makes no objective here: ${whyNot}. Use ${allowed.join(' or ')}.`, allowed)
  }
  return line.word(allowed, 'a comparison')
}
