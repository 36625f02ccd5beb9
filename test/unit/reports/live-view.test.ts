import { expect, test } from 'vitest'
import { paintOf, visibleLength } from '../../../reports/ansi.ts'
import { type LiveSnapshot, liveFrame } from '../../../reports/live-frame.ts'
import { liveView } from '../../../reports/live-view.ts'

const SNAPSHOT: LiveSnapshot = {
  scenario: 'baseline\u001b[2J',
  elapsedMs: 12_000,
  plannedMs: 65_000,
  phase: 'constant',
  targetTps: 10_000,
  offeredTps: 10_000,
  sentTps: 9_990,
  sent: 120_000,
  failed: 0,
  scheduleLagP99Ms: null,
  backlog: { behavior: 120, preference: 80 },
  measures: {
    ack: { count: 10_000, p50Ms: 2, p99Ms: 4.5 },
    freshness: { count: 20, p50Ms: 16, p99Ms: null },
  },
  rates: [3000, 9000, 10_000],
  cpuCores: null,
  rssBytes: null,
}

/** A stream that keeps what it was given. */
function recorder(terminal: { columns: number; rows: number } | null) {
  const written: string[] = []
  const write = (text: string) => written.push(text)
  return { written, stream: terminal === null ? { write } : { write, isTTY: true, ...terminal } }
}

test.each([1, 10, 40, 80, 300])('no line of the frame is wider than %d columns', (width) => {
  for (const line of liveFrame(SNAPSHOT, paintOf(true), width))
    expect(visibleLength(line)).toBeLessThanOrEqual(width)
})

test('the frame shows rates, percentiles, backlog and a dash for what is not known', () => {
  const frame = liveFrame(SNAPSHOT, paintOf(false), 120).join('\n')
  expect(frame).toContain('9,990/s')
  expect(frame).toMatch(/ack\s+2\.00 ms\s+4\.50 ms\s+10,000/)
  expect(frame).toMatch(/freshness\s+16\.0 ms\s+–\s+20/)
  expect(frame).toContain('behavior 120')
  expect(frame).not.toMatch(/null|NaN|undefined/)
  expect(frame).not.toContain('\u001b')
})

test('a second frame starts where the first began, and rows that a narrower terminal wrapped are counted', () => {
  const { stream, written } = recorder({ columns: 100, rows: 40 })
  const view = liveView(stream, { color: false })
  view.update(SNAPSHOT)
  const lines = liveFrame(SNAPSHOT, paintOf(false), 99)
  view.update(SNAPSHOT)
  expect(written[1]).toContain(`\r\u001b[${lines.length}A`)
  Object.assign(stream, { columns: 30 })
  view.update(SNAPSHOT)
  const wrapped = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 30)), 0)
  expect(wrapped).toBeGreaterThan(lines.length)
  expect(written[2]).toContain(`\r\u001b[${wrapped}A`)
  view.close()
})

test('a frame is never taller than the terminal', () => {
  const { stream, written } = recorder({ columns: 100, rows: 5 })
  const view = liveView(stream, { color: false })
  view.update(SNAPSHOT)
  expect(written[0]!.split('\n')).toHaveLength(5)
  view.close()
})

test('the cursor is hidden by a frame and shown again on close, once, and nothing is drawn after', () => {
  const { stream, written } = recorder({ columns: 80, rows: 24 })
  const listeners = process.listenerCount('exit')
  const view = liveView(stream, { color: false })
  view.update(SNAPSHOT)
  expect(written.join('')).toContain('\u001b[?25l')
  expect(process.listenerCount('exit')).toBe(listeners + 1)
  view.close()
  view.close()
  view.update(SNAPSHOT)
  expect(written.at(-1)).toBe('\u001b[?25h')
  expect(written).toHaveLength(2)
  expect(process.listenerCount('exit')).toBe(listeners)
})

test('where there is no terminal, one plain line comes every few seconds', () => {
  const { stream, written } = recorder(null)
  const view = liveView(stream, { color: false, lineEveryMs: 5000 })
  for (let elapsedMs = 0; elapsedMs <= 12_000; elapsedMs += 500) view.update({ ...SNAPSHOT, elapsedMs })
  view.log('a line of its own')
  expect(written).toHaveLength(4)
  expect(written[1]).toMatch(
    /^0:05 constant \| sent 9,990\/s of 10,000\/s due \| lag p99 – \| p99: ack 4\.50 ms \| waiting 200\n$/,
  )
  expect(written.join('')).not.toContain('\u001b')
})
