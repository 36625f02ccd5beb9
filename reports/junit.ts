import type { ObjectiveResult, RunRecord } from '../src/measure/run-record.ts'
import { formatInUnit } from './format.ts'
import { type Markup, markup } from './markup.ts'
import { describeMiss, describeVerdict, ledgerSentence } from './verdict.ts'

interface TestCase {
  readonly name: string
  /** What was measured, for a case that passed. */
  readonly said: string
  /** Null where it passed. */
  readonly failure: { readonly message: string; readonly type: string; readonly text: string } | null
}

/** JUnit XML: one test case an objective, one for the ledger, one for the run's validity. */
export function renderJunit(record: RunRecord): string {
  const cases = [...record.objectives.map(objectiveCase), ledgerCase(record), validityCase(record)]
  const failures = cases.filter(({ failure }) => failure !== null).length
  const seconds = (record.load.measuredMs / 1000).toFixed(3)
  const suite = `rep.${record.scenario}`
  const { headline, reasons } = describeVerdict(record)
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="rep" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}">
  <testsuite name="${suite}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}" timestamp="${record.startedAt}">
    <properties>
      <property name="run" value="${record.id}"/>
      <property name="seed" value="${record.seed}"/>
      <property name="stack" value="${record.stack}"/>
      <property name="verdict" value="${record.verdict}"/>
    </properties>
${cases.map((testCase) => renderCase(suite, testCase))}    <system-out>${[headline, ...reasons].join('\n')}</system-out>
  </testsuite>
</testsuites>
`.text
}

function renderCase(suite: string, { name, said, failure }: TestCase): Markup {
  const body =
    failure === null
      ? markup`<system-out>${said}</system-out>`
      : markup`<failure message="${failure.message}" type="${failure.type}">${failure.text}</failure>`
  return markup`    <testcase classname="${suite}" name="${name}">${body}</testcase>
`
}

function objectiveCase(objective: ObjectiveResult): TestCase {
  const said = `measured ${formatInUnit(objective.value, objective.unit)}`
  const message = describeMiss(objective)
  const failure = objective.met ? null : { message, type: 'objective', text: message }
  return { name: objective.text, said, failure }
}

function ledgerCase(record: RunRecord): TestCase {
  const message = ledgerSentence(record)
  const found = record.ledger.examples.map(
    ({ verdict, traceId, detail }) => `${verdict} ${traceId}: ${detail}`,
  )
  const failure = record.ledger.clean
    ? null
    : { message, type: 'ledger', text: [message, ...found].join('\n') }
  return { name: 'every event accounted for', said: message, failure }
}

function validityCase(record: RunRecord): TestCase {
  const message = record.invalidReasons.join(' ') || 'The run is invalid.'
  const failure = record.valid ? null : { message, type: 'validity', text: record.invalidReasons.join('\n') }
  return { name: 'the generator kept its schedule', said: 'valid', failure }
}
