import { expect, test } from 'vitest'
import { renderHtml } from '../../../reports/html.ts'
import { REPORT_STYLE } from '../../../reports/html-style.ts'
import { MEASURES } from '../../../src/measure/run-record.ts'
import { KINDS } from '../../fixtures/run-records/build.ts'
import { emptyRecord, hostileRecord, storedRecord } from './records.ts'

const SECTIONS = ['Objectives', 'Key figures', 'Latency by percentile', 'Over time', 'Ledger', 'Manifest']

test.each(KINDS)('the page of a run with verdict or state %s has every section and loads nothing', (kind) => {
  const html = renderHtml(storedRecord(kind))
  for (const section of SECTIONS) expect(html).toContain(`<h2>${section}</h2>`)
  expect(html.replaceAll('http://www.w3.org', '')).not.toMatch(/https?:|<link|@import|url\(|<img/)
  expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
})

test('elements of the page are closed in the order in which they were opened', () => {
  for (const kind of KINDS) expect(unclosed(renderHtml(storedRecord(kind)))).toEqual([])
})

test('the banner of a failed run says which objectives were missed, by how much', () => {
  const record = storedRecord('fail')
  const banner = renderHtml(record).split('<main>')[0]!
  const missed = record.objectives.filter(({ met }) => !met)
  expect(banner).toContain(`${missed.length} of 6 objectives were missed`)
  for (const { text } of missed) expect(banner).toContain(`<li>${text.split(' <')[0]} was `)
})

test('the banner of an invalid run says why, and its objectives are said to prove nothing', () => {
  const record = storedRecord('invalid')
  const html = renderHtml(record)
  expect(html.split('<main>')[0]).toContain(record.invalidReasons[0])
  expect(html).toContain('prove nothing')
})

test('hostile names appear as text only', () => {
  const html = renderHtml(hostileRecord())
  expect(html).not.toContain('<script>alert')
  expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;')
  expect(html).not.toContain('\u001b')
  expect(html.match(/<script/g)).toHaveLength(2)
  expect(unclosed(html)).toEqual([])
})

test('too few samples for a percentile are a dash that says why', () => {
  const html = renderHtml(storedRecord('tiny'))
  expect(html).toMatch(/<abbr title="p99 needs at least 100 samples; there are \d+\.">–/)
})

test('a run in which nothing happened is a page that says so', () => {
  const html = renderHtml(emptyRecord())
  expect(html).toContain('Nothing was timed in this run.')
  expect(html).toContain('No event was acknowledged.')
  expect(html).not.toMatch(/NaN|undefined|Infinity/)
})

test('the read-out data is JSON whose series are as long as their axis', () => {
  const html = renderHtml(storedRecord('pass'))
  const data = JSON.parse(/id="chart-data">(.*?)<\/script>/s.exec(html)![1]!)
  for (const group of [data.percentiles, data.time]) {
    expect(group.x.length).toBe(group.at.length)
    expect(group.x[0]).toBe(0)
    expect(group.x.at(-1)).toBe(1)
    for (const series of [...Object.values(group.ms), ...Object.values(group.counts)])
      expect(series).toHaveLength(group.x.length)
  }
})

test('a curve of the read-out has the p99 of the record at p99', () => {
  const record = storedRecord('pass')
  const data = JSON.parse(/id="chart-data">(.*?)<\/script>/s.exec(renderHtml(record))![1]!)
  const at = data.percentiles.at.indexOf('p99')
  for (const [name, figures] of Object.entries(record.stages))
    expect(Math.abs(data.percentiles.ms[name][at] / figures.p99Ms! - 1)).toBeLessThan(0.002)
})

/** Names of elements that are never closed, or closed out of order. */
function unclosed(html: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = html.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, '')
  for (const [, slash, name, selfClosed] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
    if (selfClosed === '/' || name === 'meta') continue
    if (slash === '') open.push(name!)
    else if (open.at(-1) === name) open.pop()
    else wrong.push(name!)
  }
  return [...open, ...wrong]
}

test('every measure has a colour, by day and by night', () => {
  for (const name of MEASURES) {
    expect(REPORT_STYLE).toContain(`.m-${name} { --c: var(--${name}); }`)
    expect(REPORT_STYLE.match(new RegExp(`--${name}: #`, 'g')), name).toHaveLength(2)
  }
})
