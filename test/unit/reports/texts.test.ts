import { expect, test } from 'vitest'
import { renderJunit } from '../../../reports/junit.ts'
import { renderMarkdown } from '../../../reports/markdown.ts'
import { renderPrometheus } from '../../../reports/prometheus.ts'
import { renderSummary } from '../../../reports/terminal.ts'
import { KINDS } from '../../fixtures/run-records/build.ts'
import { emptyRecord, hostileRecord, storedRecord } from './records.ts'

const PLAIN = { color: false, width: 100 }

test.each(KINDS)('no text report of %s shows a missing figure as anything but a dash', (kind) => {
  const record = storedRecord(kind)
  for (const text of [
    renderJunit(record),
    renderMarkdown(record),
    renderPrometheus(record),
    renderSummary(record, PLAIN),
  ])
    expect(text).not.toMatch(/NaN|undefined|null|Infinity|\[object/)
})

test('a run in which nothing happened has every text report', () => {
  const record = emptyRecord()
  expect(renderSummary(record, PLAIN)).toContain('No event was acknowledged.')
  expect(renderMarkdown(record)).toContain('No event was acknowledged.')
  expect(renderJunit(record)).toContain('tests="2"')
  expect(renderPrometheus(record)).not.toContain('rep_latency_seconds')
})

test('JUnit has a case for each objective, the ledger and validity, and fails those that failed', () => {
  const xml = renderJunit(storedRecord('loss'))
  expect(xml).toContain('tests="8" failures="2"')
  expect(xml.match(/<testcase /g)).toHaveLength(8)
  expect(xml).toMatch(/name="ledger clean"><failure message="ledger clean: not met\."/)
  expect(xml).toMatch(/name="every event accounted for"><failure [^>]*type="ledger">.*12 events lost/)
  expect(xml).toContain('name="the generator kept its schedule"><system-out>valid')
  expect(renderJunit(storedRecord('invalid'))).toMatch(
    /kept its schedule"><failure message="Schedule lag p99/,
  )
})

test('hostile names appear as text in JUnit XML', () => {
  const xml = renderJunit(hostileRecord())
  expect(xml).not.toContain('<script')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
  expect(xml.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
})

test('hostile names neither become HTML nor break a table in Markdown', () => {
  const text = renderMarkdown(hostileRecord())
  expect(text).not.toContain('<script')
  const rows = text.split('\n').filter((line) => line.startsWith('| &lt;script'))
  // Six objectives, and a process.
  expect(rows.map((row) => row.match(/(?<!\\)\|/g)?.length)).toEqual([5, 5, 5, 5, 5, 5, 6])
})

test('hostile names cannot move the cursor of a terminal', () => {
  expect(renderSummary(hostileRecord(), PLAIN)).not.toContain('\u001b')
})

test('every line of the exposition text is a comment or a sample with run and scenario', () => {
  const lines = renderPrometheus(hostileRecord()).trimEnd().split('\n')
  for (const line of lines)
    expect(line).toMatch(
      /^# (HELP|TYPE) rep_\w+ .+|^rep_\w+\{run="(\\.|[^"\\])*",scenario="(\\.|[^"\\])*"(,\w+="(\\.|[^"\\])*")*\} -?[\d.e+-]+$/,
    )
  const p99 = storedRecord('pass').stages.freshness!.p99Ms! / 1000
  expect(renderPrometheus(storedRecord('pass'))).toContain(
    `measure="freshness",basis="due",quantile="0.99"} ${p99}`,
  )
})

test('the summary says where the report is, and fits the terminal but for paths', () => {
  for (const kind of KINDS) {
    const lines = renderSummary(storedRecord(kind), {
      color: false,
      width: 60,
      directory: '.rep/runs/x',
    }).split('\n')
    expect(lines).toContain('report  .rep/runs/x/report.html')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
  }
})

test('the summary has no colour codes unless asked', () => {
  expect(renderSummary(storedRecord('pass'), PLAIN)).not.toContain('\u001b')
})
