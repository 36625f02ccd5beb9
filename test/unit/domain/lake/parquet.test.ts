import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'
import { recordedAction } from '../../../../src/app/lake/recorded-row.ts'
import type { UserAction } from '../../../../src/domain/events.ts'
import { LAKE_COLUMNS, type LakeValue } from '../../../../src/domain/lake/lake-columns.ts'
import { LakeFileReader } from '../../../../src/domain/lake/parquet-reader.ts'
import { GROUP_ROWS } from '../../../../src/domain/lake/parquet-writer.ts'
import { asOneFile } from '../../../../src/domain/lake/row-groups.ts'
import { lakeFile } from '../../../fixtures/lake.ts'
import { action } from '../../stages/stage-lab.ts'

const FULL: UserAction = action(1, {
  actionType: 'ADD_TO_CART',
  productId: 'p-ü🛒',
  category: 'shoes',
  price: 12.345,
  query: 'red "shoes"',
  context: {
    page: { url: '/p', referrer: null },
    device: { type: 'mobile' },
    weather: { status: 'RAIN', temperature: -3.5 },
    temporal: { timeOfDay: 'EVENING', dayOfWeek: 'MON' },
    user: { loginStatus: 'IN', segment: 'gold' },
    campaign: { utmSource: 'mail', utmCampaign: null },
  },
  properties: { b: '2', a: '1' },
})
const BARE: UserAction = action(2, {
  productId: null,
  category: null,
  price: null,
  query: null,
  context: null,
  properties: {},
})

test('a row has all of an action, and gives it back', async () => {
  const reader = await open(file([FULL, BARE]))
  expect(reader.rows).toBe(2)
  const [batch] = await Array.fromAsync(reader.all())
  expect(Object.fromEntries(LAKE_COLUMNS.map(({ name }, i) => [name, batch![i]]))).toEqual({
    trace_id: [FULL, BARE].map(({ traceId }) =>
      Uint8Array.from(Buffer.from(traceId.replaceAll('-', ''), 'hex')),
    ),
    user_id: ['u1', 'u1'],
    session_id: ['s1', 's1'],
    event_type: ['ADD_TO_CART', 'VIEW'],
    event_time: [1_759_276_800_001_000n, 1_759_276_800_002_000n],
    receive_time: [1_700_000_000_123_000n, 1_700_000_000_123_000n],
    product_id: ['p-ü🛒', null],
    category: ['shoes', null],
    price: [12.345, null],
    query: ['red "shoes"', null],
    page_url: ['/p', null],
    page_referrer: [null, null],
    device_type: ['mobile', null],
    weather_status: ['RAIN', null],
    weather_temperature: [-3.5, null],
    time_of_day: ['EVENING', null],
    day_of_week: ['MON', null],
    login_status: ['IN', null],
    user_segment: ['gold', null],
    utm_source: ['mail', null],
    utm_campaign: [null, null],
    properties: ['{"a":"1","b":"2"}', null],
    source_partition: [3, 3],
    source_offset: [0n, 1n],
  })
  const back = [0, 1].map((at) => recordedAction(batch!, at))
  const none = { page: null, device: null, weather: null, temporal: null, user: null, campaign: null }
  const { traceId: _, ...full } = FULL
  expect(back[0]).toEqual(full)
  expect(back[1]).toMatchObject({ userId: BARE.userId, productId: null, context: none, properties: {} })
})

test('the same rows are the same bytes', () => {
  expect(file([FULL, BARE])).toEqual(file([FULL, BARE]))
  const turned = { ...FULL, properties: { a: '1', b: '2' } }
  expect(file([turned])).toEqual(file([FULL]))
})

test('a dictionary is kept where it pays; statistics are of all values', async () => {
  const prices = [3, -0, Number.NaN, Number.NaN, 0, null, ...new Array<number>(94).fill(2)]
  const actions = prices.map((price, i) => ({
    ...BARE,
    price,
    userId: `user ${i}`,
    sessionId: 'ü'.repeat(20),
  }))
  const bytes = file(actions)
  const { row_groups } = parquetMetadata(Uint8Array.from(bytes).buffer)
  const of = (name: string) => {
    const { meta_data } = row_groups[0]!.columns[LAKE_COLUMNS.findIndex((column) => column.name === name)]!
    return { encodings: meta_data!.encodings, ...meta_data!.statistics }
  }
  expect(of('user_id')).toMatchObject({ encodings: ['PLAIN'], min_value: 'user 0', max_value: 'user 99' })
  // Statistics of texts are cut after 16 bytes.
  const greatest = `${'ü'.repeat(7)}ý`
  expect(of('session_id')).toMatchObject({ encodings: ['PLAIN', 'RLE_DICTIONARY'], max_value: greatest })
  expect(of('price')).toMatchObject({ min_value: -0, max_value: 3, null_count: 1n })
  expect(of('query')).toMatchObject({ encodings: ['PLAIN'], null_count: 100n })
  expect(of('source_offset')).toMatchObject({
    encodings: ['DELTA_BINARY_PACKED'],
    min_value: 0n,
    max_value: 99n,
  })
  const [columns] = await Array.fromAsync((await open(bytes)).columns(['price', 'user_id']))
  expect(columns).toEqual([prices, actions.map(({ userId }) => userId)])
})

test('a file says its least time; columns that it does not have are null', async () => {
  const later = { ...BARE, timestamp: FULL.timestamp + 1 }
  const reader = await open(file([later, FULL]))
  expect(reader.least('event_time')).toBe(BigInt(FULL.timestamp) * 1000n)
  expect(await Array.fromAsync(reader.columns(['absent', 'user_id']))).toEqual([
    [
      [null, null],
      [BARE.userId, FULL.userId],
    ],
  ])
})

test('many files as one have all rows in their order, in groups worth scanning', async () => {
  const part = await columnsOf(Array.from({ length: 50_000 }, (_, i) => ({ ...BARE, userId: `u${i}` })))
  const pieces = await Array.fromAsync(asOneFile(stream([part, part, part, part])))
  const reader = await open(Buffer.concat(pieces))
  expect(reader.rows).toBe(200_000)
  const users = (await Array.fromAsync(reader.columns(['user_id']))).map(([column]) => column!)
  expect(users.map((column) => column.length)).toEqual([150_000, 50_000])
  expect(users[0]!.length).toBeGreaterThanOrEqual(GROUP_ROWS)
  expect(users.flat()).toEqual([...part[1]!, ...part[1]!, ...part[1]!, ...part[1]!])
})

test('a group has at most twice as many rows as are worth scanning', async () => {
  const row = await columnsOf([BARE])
  const rows = 2 * GROUP_ROWS + 1
  const many = row.map((values) => new Array<LakeValue>(rows).fill(values[0]!))
  const reader = await open(Buffer.concat(await Array.fromAsync(asOneFile(stream([many])))))
  const batches = await Array.fromAsync(reader.columns(['session_id']))
  expect(batches.map(([column]) => column!.length)).toEqual([2 * GROUP_ROWS, 1])
  expect(reader.rows).toBe(rows)
})

test('what is no Parquet is refused by its name', async () => {
  await expect(open(new Uint8Array(64))).rejects.toMatchObject({ code: 'REP_INPUT', message: /x\.parquet/ })
})

test('a row that is no action says why', async () => {
  const faults: [string, LakeValue, RegExp][] = [
    ['user_id', null, /user is empty/],
    ['event_type', 'DANCE', /DANCE is not known/],
    ['event_time', null, /no|none/],
    ['event_time', 9n * 10n ** 18n, /none that a calendar has/],
    ['properties', '[1]', /properties/],
    ['properties', '{"a":1}', /properties/],
  ]
  for (const [name, value, why] of faults) {
    const columns = await columnsOf([FULL])
    columns[LAKE_COLUMNS.findIndex((column) => column.name === name)]![0] = value
    expect(recordedAction(columns, 0)).toMatch(why)
  }
})

function file(actions: readonly UserAction[]): Uint8Array {
  return lakeFile(actions, { partition: 3, offset: 0, receivedMs: 1_700_000_000_123 })
}

/** Their rows as a reader sees them. */
async function columnsOf(actions: readonly UserAction[]): Promise<LakeValue[][]> {
  const [batch] = await Array.fromAsync((await open(file(actions))).all())
  return batch!.map((values) => [...values])
}

function open(bytes: Uint8Array): Promise<LakeFileReader> {
  const read = async (start: number, end: number) => bytes.subarray(start, end)
  return LakeFileReader.open({ name: 'x.parquet', bytes: bytes.length, read })
}

async function* stream<T>(items: readonly T[]) {
  yield* items
}
