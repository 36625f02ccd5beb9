import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { prepareReplay } from '../../src/app/prepare-replay.ts'
import { replayWish } from '../../src/app/replay-wish.ts'
import { loadScenario } from '../../src/config/load-scenario.ts'
import { runTag, sequenceOf } from '../../src/domain/trace-id.ts'
import { inDirectory, REES46_HEADER } from '../fixtures/replay/rows.ts'
import { runSmallLab } from '../fixtures/small-lab.ts'

// A whole lab of six threads: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 })

const RUN = { signal: new AbortController().signal, log: () => undefined }
const SET = [
  'load.reads.tps=20',
  'load.canaries.tps=5',
  'drain=30s',
  // A busy machine must not make the run invalid: this is about what is driven.
  'limits={scheduleLagP99: 1m, eventLoopP99: 1m}',
]

/** 400 rows of 40 users on 25 products over 100 s, a copy of one of them, a silence, and one row of garbage. */
function clickstream(): string {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const second = i < 200 ? i % 20 : 80 + (i % 20)
    const time = `2021-03-01 08:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')} UTC`
    const product = 7000 + ((i * 7) % 25)
    const type = i % 50 === 49 ? 'purchase' : 'view'
    return `${time},${type},${product},2053013552326770905,home.kitchen.kettle,bolt,${product % 9}.50,${500 + (i % 40)},s-${i % 40}`
  }).sort()
  return [REES46_HEADER, ...rows, rows[399], 'not,a,row'].join('\n')
}

async function prepared(directory: string, flags: { speed?: string; tps?: number }) {
  const file = join(directory, 'clicks.csv')
  await writeFile(file, clickstream())
  const base = await loadScenario('replay', { tps: flags.tps, seed: 3, set: SET }, {})
  const place = { directory: join(directory, 'run'), ...RUN }
  return prepareReplay(base, replayWish({ file, header: true, ...flags }), place)
}

test('a recorded clickstream goes through the whole lab: every readable row, once, in order', async () => {
  await inDirectory(async (directory) => {
    const { scenario, source, dispose } = await prepared(directory, { speed: '40' })
    expect(scenario).toMatchObject({ warmupMs: 0, startsAtMs: Date.UTC(2021, 2, 1, 8), users: { count: 40 } })
    const { record, logged } = await runSmallLab(scenario, source)

    expect(record.manifest.input).toEqual({ file: 'clicks.csv', rows: 402, rejected: 1 })
    expect(record.load).toMatchObject({ offered: 401, sent: 401, failed: 0, warmup: 0 })
    expect(record.ledger).toMatchObject({ clean: true, lost: 0, duplicated: 0, reordered: 0, unseen: 0 })
    expect(record.ledger.processed).toBe(record.ledger.acknowledged)
    expect(record.stages.notify?.count ?? 0).toBe(0)
    const tag = runTag(3, 'action')
    const replayed = [...logged].filter(([user]) => !user.startsWith('canary-'))
    expect(replayed.map(([user]) => user).sort()).toEqual(
      Array.from({ length: 40 }, (_, i) => String(500 + i)),
    )
    expect(replayed.flatMap(([, ids]) => ids.map((id) => sequenceOf(id, tag))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 401 }, (_, i) => i),
    )
    // A minute of silence at 40 times the speed: nothing was due in the second second.
    expect(record.timeline.find(({ second }) => second === 1)?.offered ?? 0).toBe(0)
    const notes = record.notes.join('\n')
    expect(notes).toContain('402 rows by 40 users on 25 products')
    expect(notes).toContain('Rows that could not be read and were left out: 1')
    expect(notes).toContain('Exact copies of an earlier row: 1')

    const rejects = readFileSync(join(directory, 'run', 'rejects.jsonl'), 'utf8')
    expect(JSON.parse(rejects)).toEqual({
      line: 403,
      reason: '3 columns, where 9 are expected',
      text: 'not,a,row',
    })
    await dispose()
    expect(existsSync(source.tapeFile)).toBe(false)
  })
})

test('at a rate every row is offered, however the arrivals fall', async () => {
  await inDirectory(async (directory) => {
    const { scenario, source } = await prepared(directory, { tps: 200 })
    const { record } = await runSmallLab(scenario, source)
    expect(record.load).toMatchObject({ targetTps: 200, offered: 401, sent: 401 })
    expect(record.load.measuredMs).toBeGreaterThan(1000)
    expect(record.ledger.clean).toBe(true)
    expect(record.stages.recommend?.failed).toBe(0)
    expect(record.stages.freshness?.failed).toBe(0)
  })
})

test('nothing is left of a replay that cannot begin', async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, 'clicks.csv')
    const place = { directory: join(directory, 'run'), ...RUN }
    const begin = async (text: string, set: readonly string[] = []) => {
      await writeFile(file, text)
      const base = await loadScenario('replay', { set }, {})
      return prepareReplay(base, replayWish({ file, header: true }), place)
    }
    await expect(begin(`${REES46_HEADER}\nx,view,1,2,c,b,1,9,s\n`)).rejects.toMatchObject({
      code: 'REP_INPUT',
      details: ['line 2: the time “x” is none'],
    })
    await expect(begin(clickstream(), ['warmup=5m'])).rejects.toMatchObject({ code: 'REP_USAGE' })
    await expect(begin(`${REES46_HEADER}\n2021-03-01 08:00:00 UTC,search,,,,,,9,s\n`)).rejects.toMatchObject({
      code: 'REP_INPUT',
      message: expect.stringContaining('no product') as string,
    })
    expect(existsSync(place.directory)).toBe(false)
  })
})
