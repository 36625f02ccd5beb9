import { expect, test } from 'vitest'
import { recordedAction } from '../../../../src/app/lake/recorded-row.ts'
import type { UserAction } from '../../../../src/domain/events.ts'
import { LAKE_COLUMNS, LakeRows, type LakeValue } from '../../../../src/domain/lake/lake-columns.ts'
import { LakeFileReader } from '../../../../src/domain/lake/parquet-reader.ts'
import { encodeLakeFile, GROUP_ROWS } from '../../../../src/domain/lake/parquet-writer.ts'
import { asOneFile } from '../../../../src/domain/lake/row-groups.ts'
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
  const columns = columnsOf([FULL, BARE])
  const reader = await open(encodeLakeFile(columns))
  expect(reader.rows).toBe(2)
  const [batch] = await Array.fromAsync(reader.all())
  expect(batch).toEqual(columns)
  const back = [0, 1].map((at) => recordedAction(batch!, at))
  const none = { page: null, device: null, weather: null, temporal: null, user: null, campaign: null }
  const { traceId: _, ...full } = FULL
  expect(back[0]).toEqual(full)
  expect(back[1]).toMatchObject({ userId: BARE.userId, productId: null, context: none, properties: {} })
})

test('the same rows are the same bytes', () => {
  expect(encodeLakeFile(columnsOf([FULL, BARE]))).toEqual(encodeLakeFile(columnsOf([FULL, BARE])))
  const turned = { ...FULL, properties: { a: '1', b: '2' } }
  expect(encodeLakeFile(columnsOf([turned]))).toEqual(encodeLakeFile(columnsOf([FULL])))
})

test('a file says its least time; columns that it does not have are null', async () => {
  const later = { ...BARE, timestamp: FULL.timestamp + 1 }
  const reader = await open(encodeLakeFile(columnsOf([later, FULL])))
  expect(reader.least('event_time')).toBe(BigInt(FULL.timestamp) * 1000n)
  expect(await Array.fromAsync(reader.columns(['absent', 'user_id']))).toEqual([
    [
      [null, null],
      [BARE.userId, FULL.userId],
    ],
  ])
})

test('many files as one have all rows in their order, in groups worth scanning', async () => {
  const part = columnsOf(Array.from({ length: 50_000 }, (_, i) => ({ ...BARE, userId: `u${i}` })))
  const pieces = await Array.fromAsync(asOneFile(stream([part, part, part, part])))
  const reader = await open(Buffer.concat(pieces))
  expect(reader.rows).toBe(200_000)
  const users = (await Array.fromAsync(reader.columns(['user_id']))).map(([column]) => column!)
  expect(users.map((column) => column.length)).toEqual([150_000, 50_000])
  expect(users[0]!.length).toBeGreaterThanOrEqual(GROUP_ROWS)
  expect(users.flat()).toEqual([...part[1]!, ...part[1]!, ...part[1]!, ...part[1]!])
})

test('what is no Parquet is refused by its name', async () => {
  await expect(open(new Uint8Array(64))).rejects.toMatchObject({ code: 'REP_INPUT', message: /x\.parquet/ })
})

test('a row that is no action says why', () => {
  const faults: [string, LakeValue, RegExp][] = [
    ['user_id', null, /user is empty/],
    ['event_type', 'DANCE', /DANCE is not known/],
    ['event_time', null, /no|none/],
    ['event_time', 9n * 10n ** 18n, /none that a calendar has/],
    ['properties', '[1]', /properties/],
    ['properties', '{"a":1}', /properties/],
  ]
  for (const [name, value, why] of faults) {
    const columns = columnsOf([FULL])
    columns[LAKE_COLUMNS.findIndex((column) => column.name === name)]![0] = value
    expect(recordedAction(columns, 0)).toMatch(why)
  }
})

function columnsOf(actions: readonly UserAction[]): LakeValue[][] {
  const rows = new LakeRows()
  for (const [offset, each] of actions.entries())
    rows.add(each, { partition: 3, offset, receivedMs: 1_700_000_000_123 })
  return rows.columns
}

function open(bytes: Uint8Array): Promise<LakeFileReader> {
  const read = async (start: number, end: number) => bytes.subarray(start, end)
  return LakeFileReader.open({ name: 'x.parquet', bytes: bytes.length, read })
}

async function* stream<T>(items: readonly T[]) {
  yield* items
}
