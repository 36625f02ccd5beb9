import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ACTION_NAMES, actionTypeOf } from '../../../../src/domain/action-names.ts'
import { ACTION_TYPES } from '../../../../src/domain/events.ts'
import { parseColumnMap } from '../../../../src/load/replay/column-map.ts'
import { openReplay } from '../../../../src/load/replay/open-replay.ts'
import { inDirectory, REES46_HEADER, readRows } from '../../../fixtures/replay/rows.ts'

const MAP = parseColumnMap('user=u,item=i,action=a,time=t')

test('rees46: known by its columns, ids stay strings, empty columns are absent', async () => {
  const { format, rows, rejects } = await readRows(
    `${REES46_HEADER}\n` +
      '2021-03-01 08:00:00 UTC,view,70001,9007199254740993123,home.kitchen.kettle,bolt,0.00,900001,s-1\n' +
      '2021-03-01 08:00:02 UTC,cart,70002,9007199254740993124,,,12.50,900002,s-2\n' +
      '2021-03-01 08:00:03 UTC,remove_from_cart,70002,9007199254740993124,,,12.50,900002,s-2\n',
  )
  expect(format).toBe('rees46')
  expect(rejects).toEqual([])
  expect(rows.map(({ line, action }) => [line, action.actionType])).toEqual([
    [2, 'VIEW'],
    [3, 'ADD_TO_CART'],
    [4, 'REMOVE_FROM_CART'],
  ])
  expect(rows[0]!.action).toEqual({
    userId: '900001',
    sessionId: 's-1',
    actionType: 'VIEW',
    timestamp: Date.UTC(2021, 2, 1, 8),
    productId: '70001',
    category: 'home.kitchen.kettle',
    price: 0,
    query: null,
    properties: { brand: 'bolt', categoryId: '9007199254740993123' },
  })
  expect(rows[1]!.action).toMatchObject({ category: '9007199254740993124', price: 12.5 })
  expect(rows[1]!.action.properties).toEqual({ categoryId: '9007199254740993124' })
})

test('uci-eshop: clicks of a session in order on its day, words for numbers', async () => {
  const header =
    'year;month;day;order;country;session ID;page 1 (main category);page 2 (clothing model);colour;location;model photography;price;price 2;page'
  const { format, rows, rejects } = await readRows(
    `${header}\n2008;4;1;1;29;77;2;B9;3;5;1;28;2;1\n2008;4;1;2;29;77;2;B4;8;6;2;33;2;1\n2008;4;31;3;29;77;2;B4;8;6;2;33;2;1\n`,
  )
  expect(format).toBe('uci-eshop')
  const [first, second] = rows.map(({ action }) => action)
  expect(first).toMatchObject({
    userId: '77',
    sessionId: '77',
    actionType: 'CLICK',
    productId: 'B9',
    price: 28,
  })
  expect(first!.category).toBe('skirts')
  expect(new Date(first!.timestamp).toISOString()).toMatch(/^2008-04-01/)
  expect(second!.timestamp - first!.timestamp).toBe(60_000)
  expect(rows[0]!.product.name).toBe('blue skirts B9')
  expect(rejects).toMatchObject([{ line: 4, reason: '2008-4-31, click 3 is no time' }])
})

test('a mapping reads any columns, and its faults are named all at once', async () => {
  const { rows, rejects } = await readRows(
    'x,u,i,a,t\n9,ann,p1,Add to Cart,1700000000\n9,bob,,search,1700000001\n',
    {
      map: MAP,
    },
  )
  expect(rows.map(({ action }) => [action.userId, action.actionType, action.productId])).toEqual([
    ['ann', 'ADD_TO_CART', 'p1'],
    ['bob', 'SEARCH', null],
  ])
  expect(rejects).toEqual([])
  expect(() => parseColumnMap('user=u,itm=i,time=')).toThrowError(
    expect.objectContaining({
      code: 'REP_USAGE',
      details: expect.arrayContaining([
        expect.stringContaining('itm'),
        expect.stringContaining('time='),
      ]) as unknown,
    }) as Error,
  )
  expect(() => parseColumnMap('user=u')).toThrowError(
    expect.objectContaining({ details: expect.arrayContaining(['missing: item, time']) as unknown }) as Error,
  )
})

test('without a header columns are numbers, or the format’s', async () => {
  const numbered = await readRows('1,p,5,buy,1700000000\n', {
    header: false,
    map: parseColumnMap('user=1,item=2,category=3,action=4,time=5'),
  })
  expect(numbered.rows[0]).toMatchObject({
    line: 1,
    action: { userId: '1', actionType: 'PURCHASE', category: '5' },
  })
  const known = await readRows('2021-03-01 08:00:00 UTC,view,7,8,c,b,1,9,s\n', {
    header: false,
    format: 'rees46',
  })
  expect(known.rows[0]!.action).toMatchObject({ userId: '9', productId: '7' })
})

test('JSON lines: keys of the mapping, nested ones by a dot, one bad line costs one line', async () => {
  const { rows, rejects } = await readRows(
    '{"u":{"id":5},"i":"p1","t":1700000000}\nnot json\n[1]\n{"u":{"id":6},"i":"p2","t":"2023-11-14T22:13:21Z","q":"x"}\n',
    { map: parseColumnMap('user=u.id,item=i,time=t,query=q') },
  )
  expect(rows.map(({ line, action }) => [line, action.userId, action.query])).toEqual([
    [1, '5', null],
    [4, '6', 'x'],
  ])
  expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
    [2, 'the line is no JSON object'],
    [3, 'the line is no JSON object'],
  ])
})

test('rows that are no action are refused with line and reason, and the next one is read', async () => {
  const text = [
    'u,i,a,t',
    ',p,view,1700000000',
    'ann,,view,1700000000',
    'ann,p,stare,1700000000',
    'ann,p,view,soon',
    'ann,p,view',
    `${'u'.repeat(300)},p,view,1700000000`,
    '"ann,p,view,1700000000',
    'ann,p,view,1700000000',
  ].join('\n')
  const { rows, rejects } = await readRows(text, { map: MAP })
  expect(rejects.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
    '2: the user is empty',
    '3: the item is empty',
    '4: the action “stare” is not known',
    '5: the time “soon” is none',
    '6: 3 columns, where 4 are expected',
    '7: the user is longer than 256 characters',
    '8: the quote that column 1 begins with is not closed',
  ])
  expect(rows.map(({ line }) => line)).toEqual([9])
})

test('gzip is known by its content, the delimiter by the first line, a byte order mark is dropped', async () => {
  const text = '\uFEFFu;i;a;t\nann;p;view;1700000000\n'
  for (const zipped of [false, true]) {
    const { rows } = await readRows(text, { map: MAP, zipped })
    expect(rows).toHaveLength(1)
  }
})

test('what cannot be read at all says why', async () => {
  await inDirectory(async (directory) => {
    const path = (name: string) => join(directory, name)
    await writeFile(path('empty'), '')
    await writeFile(path('blank'), '\n \n')
    await writeFile(path('columns'), 'a,b\n1,2\n')
    await mkdir(path('folder'))
    const why = async (name: string, format: 'rees46' | null = null) =>
      openReplay(path(name), { format, map: null, header: true, delimiter: null }).then(
        () => 'opened',
        (error: { code: string; message: string }) =>
          `${error.code} ${error.message.replace(`${directory}/`, '')}`,
      )
    expect(await why('missing')).toBe('REP_INPUT There is no file missing.')
    expect(await why('empty')).toBe('REP_INPUT empty is empty.')
    expect(await why('blank')).toBe('REP_INPUT blank holds no row.')
    expect(await why('folder')).toBe('REP_INPUT folder is not a file.')
    expect(await why('columns')).toBe('REP_INPUT The columns are those of no format that rep knows.')
    expect(await why('columns', 'rees46')).toMatch(/^REP_INPUT A rees46 file has more columns: event_time/)
  })
})

test('a gzip that is cut short or damaged says so, whatever could be read before', async () => {
  await inDirectory(async (directory) => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `u${i * 7919},p${i % 97},view,${1_700_000_000 + i}`)
    const whole = gzipSync(`u,i,a,t\n${rows.join('\n')}\n`)
    const file = join(directory, 'rows.gz')
    const readAll = async () => {
      const reader = await openReplay(file, { format: null, map: MAP, header: true, delimiter: null })
      for await (const batch of reader.rows(() => undefined)) expect(batch).toBeDefined()
    }
    await writeFile(file, whole.subarray(0, whole.length / 2))
    await expect(readAll()).rejects.toMatchObject({
      code: 'REP_INPUT',
      message: expect.stringContaining('cut short') as string,
    })
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, whole.length / 2, whole.length / 2 + 64)
    await writeFile(file, damaged)
    await expect(readAll()).rejects.toMatchObject({
      code: 'REP_INPUT',
      message: expect.stringContaining('damaged') as string,
    })
  })
})

test('every action type has names, and no name has two', () => {
  expect(Object.keys(ACTION_NAMES).sort()).toEqual([...ACTION_TYPES].sort())
  const names = Object.values(ACTION_NAMES).flat()
  expect(new Set(names).size).toBe(names.length)
  expect(actionTypeOf('Remove From Cart')).toBe('REMOVE_FROM_CART')
  expect(actionTypeOf('transaction')).toBe('PURCHASE')
  expect(actionTypeOf('toString')).toBeNull()
})
