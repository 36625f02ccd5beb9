import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runTag, sequenceOf } from '../../../../src/domain/trace-id.ts'
import { parseColumnMap } from '../../../../src/load/replay/column-map.ts'
import { READ_DEFAULTS } from '../../../../src/load/replay/open-replay.ts'
import { ReplaySource } from '../../../../src/load/replay/replay-source.ts'
import { tapeNamer } from '../../../../src/load/replay/tape-namer.ts'
import { drainSource, inDirectory, scanFile, scanText } from '../../../fixtures/replay/rows.ts'
import { dataTest } from '../../../fixtures/shared-data.ts'

const read = {
  ...READ_DEFAULTS,
  map: parseColumnMap('user=u,item=i,time=t,category=c,brand=b,price=p,name=n'),
}
const HEADER = 'u,i,t,c,b,p,n'
const REAL_TIME = { kind: 'recorded', speed: 1 } as const

test('the pass counts what it reads and lists what it cannot', async () => {
  await inDirectory(async (directory) => {
    const text = `${HEADER}\nann,p1,100,,,,\nbob,p2,x,,,,\nann,p1,100,,,,\n"cid\n",p1,101,,,,\n,,,,,,\n`
    const { scan, rejectsFile } = await scanText(directory, text, { read })
    expect(scan).toMatchObject({
      rows: 5,
      readable: 3,
      rejected: 2,
      users: 2,
      copies: 1,
      unordered: 0,
      late: 0,
    })
    const lines = readFileSync(rejectsFile, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { line: 3, reason: 'the time “x” is none', text: 'bob,p2,x,,,,' },
      { line: 7, reason: 'the user is empty', text: ',,,,,,' },
    ])
    expect(scan.firstRejects.map(({ line }) => line)).toEqual([3, 7])
  })
})

test('no file of rejects where there are none; no readable row is an error that says why', async () => {
  await inDirectory(async (directory) => {
    const { rejectsFile } = await scanText(directory, `${HEADER}\nann,p1,100,,,,\n`, { read })
    expect(existsSync(rejectsFile)).toBe(false)
    await expect(scanText(directory, `${HEADER}\nann,p1,x,,,,\n`, { read })).rejects.toMatchObject({
      code: 'REP_INPUT',
      details: ['line 2: the time “x” is none'],
    })
    await expect(scanText(directory, `${HEADER}\n`, { read })).rejects.toMatchObject({ code: 'REP_INPUT' })
  })
})

test('products: facts of the first row that has them, the last price, most mentioned first', async () => {
  await inDirectory(async (directory) => {
    const text = [
      HEADER,
      'ann,p1,100,,,5,',
      'ann,p2,101,home.kitchen.coffee_maker,bolt,0.00,',
      'ann,p2,102,other,acme,7.50,',
      'ann,p3,103,toys,,1,Wooden train',
      'ann,p2,104,,,,',
    ].join('\n')
    const { scan } = await scanText(directory, text, { read })
    expect(scan.products).toEqual([
      {
        id: 'p2',
        name: 'bolt coffee maker p2',
        category: 'home.kitchen.coffee_maker',
        description: 'home, kitchen, coffee maker by bolt',
        price: 7.5,
        stock: 100,
      },
      {
        id: 'p1',
        name: 'product p1',
        category: 'uncategorised',
        description: 'product',
        price: 5,
        stock: 100,
      },
      { id: 'p3', name: 'Wooden train', category: 'toys', description: 'toys', price: 1, stock: 100 },
    ])
    expect(scan.unnamedProducts).toBe(2)
  })
})

test('with recorded times, rows go in the order of their times; equal ones as they stand', async () => {
  await inDirectory(async (directory) => {
    const text = `${HEADER}\na,p,105,,,,\nb,p,100,,,,\nc,p,105,,,,\nd,p,100,,,,\ne,p,160,,,,\n`
    const { scan, tapeFile } = await scanText(directory, text, { read })
    expect(scan).toMatchObject({ unordered: 2, late: 0, firstMs: 100_000, latestMs: 160_000 })
    const driven = drainSource(new ReplaySource(tapeFile, { kind: 'recorded', speed: 10 }))
    expect(driven.map(({ key, dueUs }) => [key, dueUs])).toEqual([
      ['b', 0],
      ['d', 0],
      ['a', 500_000],
      ['c', 500_000],
      ['e', 6_000_000],
    ])
    const tag = runTag(7, 'action')
    expect(driven.map(({ action }) => sequenceOf(action.traceId, tag))).toEqual([0, 1, 2, 3, 4])
    expect(driven.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4])
    expect(driven[2]!.action.timestamp).toBe(105_000)
  })
})

test('a row too far behind is late: it keeps its time and goes at once', async () => {
  await inDirectory(async (directory) => {
    const early = Array.from({ length: 65_537 }, (_, i) => `a,p,${1000 + i},,,,`)
    const text = `${HEADER}\n${early.join('\n')}\nlate,p,500,,,,\n`
    const { scan, tapeFile } = await scanText(directory, text, { read })
    expect(scan).toMatchObject({ unordered: 1, late: 1, readable: 65_538 })
    const driven = drainSource(new ReplaySource(tapeFile, REAL_TIME), 1000)
    const at = driven.findIndex(({ key }) => key === 'late')
    expect(driven[at]).toMatchObject({ dueUs: driven[at - 1]!.dueUs, action: { timestamp: 500_000 } })
  })
})

test('at a rate rows go in file order, whatever their times', async () => {
  await inDirectory(async (directory) => {
    const text = `${HEADER}\na,p,105,,,,\nb,p,100,,,,\nc,p,90,,,,\n`
    const { scan, tapeFile } = await scanText(directory, text, { read, order: 'file' })
    expect(scan).toMatchObject({ late: 0, firstMs: 105_000, earliestMs: 90_000, latestMs: 105_000 })
    const timing = { kind: 'rate', tps: 100, arrival: { process: 'uniform' }, seed: 7, warmupMs: 0 } as const
    expect(drainSource(new ReplaySource(tapeFile, timing)).map(({ key, dueUs }) => [key, dueUs])).toEqual([
      ['a', 0],
      ['b', 10_000],
      ['c', 20_000],
    ])
  })
})

test('shards share the rows by user; each row has the same number and due time in any', async () => {
  await inDirectory(async (directory) => {
    const rows = Array.from({ length: 300 }, (_, i) => `u${i % 37},p,${100 + i},,,,`)
    const { tapeFile } = await scanText(directory, `${HEADER}\n${rows.join('\n')}\n`, { read })
    const whole = drainSource(new ReplaySource(tapeFile, REAL_TIME))
    const parts = [0, 1, 2].map((shard) =>
      drainSource(new ReplaySource(tapeFile, REAL_TIME, { shard: { shard, shards: 3 } })),
    )
    expect(parts.every((part) => part.length > 50)).toBe(true)
    expect(parts.flat().sort((a, b) => a.sequence - b.sequence)).toEqual(whole)
    const users = parts.map((part) => new Set(part.map(({ key }) => key)))
    expect(users[0]!.intersection(users[1]!).size + users[0]!.intersection(users[2]!).size).toBe(0)
  })
})

test('the tape names its events, forwards and back', async () => {
  await inDirectory(async (directory) => {
    const rows = Array.from({ length: 50 }, (_, i) => `u${i},p,${100 + i},,,,`)
    const { tapeFile } = await scanText(directory, `${HEADER}\n${rows.join('\n')}\n`, { read })
    const ids = drainSource(new ReplaySource(tapeFile, REAL_TIME)).map(({ action }) => action.traceId)
    const nameOf = tapeNamer(tapeFile)
    expect([3, 40, 49, 7, 7, 0].map(nameOf)).toEqual([3, 40, 49, 7, 7, 0].map((i) => ids[i]))
  })
})

test('events larger than the tape’s chunks come back whole', async () => {
  await inDirectory(async (directory) => {
    const names = ['u,i,t,q', `a,p,1,${'x'.repeat(900_000)}`, `b,p,2,${'y'.repeat(700_000)}`, 'c,p,3,z']
    const map = parseColumnMap('user=u,item=i,time=t,query=q')
    const { tapeFile } = await scanText(directory, names.join('\n'), { read: { ...READ_DEFAULTS, map } })
    const driven = drainSource(new ReplaySource(tapeFile, REAL_TIME), 3)
    expect(driven.map(({ key, action }) => [key, action.query?.length])).toEqual([
      ['a', 900_000],
      ['b', 700_000],
      ['c', 1],
    ])
  })
})

dataTest('rees46-2019-10-01.csv.gz', 'the REES46 file is read to its last row', async (file) => {
  await inDirectory(async (directory) => {
    const { scan, tapeFile } = await scanFile(directory, file)
    expect(scan).toMatchObject({
      format: 'rees46',
      rows: 17_434,
      readable: 17_434,
      rejected: 0,
      users: 4504,
      copies: 5,
      late: 0,
    })
    expect(scan.products).toHaveLength(6493)
    const driven = drainSource(new ReplaySource(tapeFile, { kind: 'recorded', speed: 600 }), 1000)
    const types = Object.groupBy(driven, ({ action }) => action.actionType)
    expect([types.VIEW?.length, types.PURCHASE?.length, types.ADD_TO_CART?.length]).toEqual([
      17_055, 214, 165,
    ])
    expect(driven.filter(({ action }) => action.price === 0)).toHaveLength(19)
    expect(driven.at(-1)!.dueUs).toBe(((scan.latestMs - scan.firstMs) * 1e3) / 600)
    expect(new Set(driven.map(({ action }) => action.sessionId)).size).toBe(5066)
  })
})

dataTest('uci-eshop-2008.csv.gz', 'the UCI file is read to its last row', async (file) => {
  await inDirectory(async (directory) => {
    const { scan, tapeFile } = await scanFile(directory, file)
    expect(scan).toMatchObject({ format: 'uci-eshop', rows: 165_474, rejected: 0, users: 24_026, late: 0 })
    expect(scan.products).toHaveLength(217)
    expect(new Set(scan.products.map(({ category }) => category)).size).toBe(4)
    expect(scan.products.find(({ id }) => id === 'A18')?.category).toBe('trousers')
    expect(scan.invented.join()).toContain('times of day')
    const source = new ReplaySource(tapeFile, { kind: 'recorded', speed: 1 })
    expect(source.peekDueUs()).toBe(0)
  })
})
