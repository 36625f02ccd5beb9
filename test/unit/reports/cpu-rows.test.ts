import { expect, test } from 'vitest'
import { cpuRows } from '../../../reports/cpu-rows.ts'
import { renderHtml } from '../../../reports/html.ts'
import { renderMarkdown } from '../../../reports/markdown.ts'
import { renderSummary } from '../../../reports/terminal.ts'
import type { ResourceFigures, RunRecord } from '../../../src/measure/run-record.ts'
import { storedRecord } from './records.ts'

function used(name: string, cpuSeconds: number): ResourceFigures {
  const kind = name.includes('/') ? 'thread' : 'process'
  const bytes = kind === 'thread' ? null : 2 ** 20
  return { name, kind, cpuSeconds, cores: cpuSeconds / 10, peakRssBytes: bytes, peakAnonBytes: bytes }
}

/** A run on services, of 20,000 acknowledged events. */
function served(): RunRecord {
  const record = storedRecord('pass')
  const resources = [
    used('rep', 2),
    used('kafka', 3),
    used('registry', 0),
    used('elasticsearch', 4),
    used('redis', 1),
    used('rep/load-0', 0.5),
    used('rep/behavior', 1),
  ]
  return { ...record, resources, ledger: { ...record.ledger, acknowledged: 20_000 } }
}

test('rep comes first with its threads, then the services, each side the most expensive first, and sums', () => {
  expect(cpuRows(served()).map(({ kind, name, cpuSeconds }) => [kind, name, cpuSeconds])).toEqual([
    ['process', 'rep', 2],
    ['thread', 'behavior', 1],
    ['thread', 'load-0', 0.5],
    ['thread', 'main and others', 0.5],
    ['sum', 'services', 8],
    ['process', 'elasticsearch', 4],
    ['process', 'kafka', 3],
    ['process', 'redis', 1],
    ['process', 'registry', 0],
    ['sum', 'all', 10],
  ])
})

test('shares are of all processes, and figures go by 10,000 acknowledged events', () => {
  const rows = cpuRows(served())
  expect(rows.find(({ name }) => name === 'kafka')).toMatchObject({
    share: 0.3,
    perTenThousand: 1.5,
    peakRssBytes: 2 ** 20,
  })
  expect(rows.at(-1)).toMatchObject({ share: 1, perTenThousand: 5, peakRssBytes: 5 * 2 ** 20 })
})

test('worker processes and shards are rep’s own and get a sum; each keeps its threads', () => {
  const resources = [used('shard 1: rep', 1), used('shard 1: rep/load-0', 1), used('worker-1', 2)]
  const rows = cpuRows({ ...served(), resources })
  expect(rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'sum rep, all',
    'process worker-1',
    'process shard 1: rep',
    'thread load-0',
    'sum all',
  ])
})

test('every report shows a process of a service; the terminal leaves out what is one line already', () => {
  const plain = { color: false, width: 60 }
  expect(renderHtml(served())).toContain('<th scope="row">elasticsearch</th>')
  expect(renderMarkdown(served())).toContain('| elasticsearch | 4.00 | 2.00 | 40 % | 1 MiB |')
  expect(renderSummary(served(), plain)).toMatch(/^elasticsearch +4\.00 +2\.00 +40 % +1 MiB$/m)
  for (const line of renderSummary(served(), plain).split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  expect(renderSummary(storedRecord('pass'), plain)).not.toContain('per 10,000')
})

test('a run without events or without a sample has no figure that is none', () => {
  const none = { ...served(), ledger: { ...served().ledger, acknowledged: 0 } }
  expect(cpuRows(none)[0]!.perTenThousand).toBeNull()
  expect(cpuRows({ ...none, resources: [] })).toEqual([])
})
