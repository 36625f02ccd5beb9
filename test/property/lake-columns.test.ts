import avro from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCodec, LOCAL_SCHEMA_IDS } from '../../src/domain/codec.ts'
import { ACTION_TYPES, type UserAction } from '../../src/domain/events.ts'
import { ActionSpans } from '../../src/domain/lake/action-spans.ts'
import { LAKE_COLUMNS, type LakeValue } from '../../src/domain/lake/lake-columns.ts'
import { LakeFileReader } from '../../src/domain/lake/parquet-reader.ts'
import { LakeFileWriter } from '../../src/domain/lake/parquet-writer.ts'
import { asOneFile } from '../../src/domain/lake/row-groups.ts'
import { USER_ACTION_VERSIONS } from '../../src/domain/schemas/user-action.ts'
import { RepError } from '../../src/errors/rep-error.ts'

// The lake reads actions from their bytes by itself: here it is held to what the codec makes of the same bytes.
const codec = createCodec()
const VERSIONS = USER_ACTION_VERSIONS.map((version) => avro.Type.forSchema(version))
const RECEIVED_MS = 1_759_276_800_123

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'shoes', '\ufeffmarked'),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 140 }),
)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const double = fc.oneof(fc.constantFrom(0, -0, 9.99, Number.NaN), fc.double())
const most = Number.MAX_SAFE_INTEGER - 1

/** An action in the bytes of any version. */
const record: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom(0, 1, 2),
    fc.nat(6),
    fc.record({
      traceId: fc.uuid().chain((id) => fc.constantFrom(id, id.toUpperCase())),
      userId: text,
      sessionId: text,
      timestamp: fc.oneof(fc.constantFrom(0, -1, 63, 64, 2 ** 27, 2 ** 28, most, -most), fc.nat(4e12)),
      productId: optional(text),
      category: optional(text),
      price: optional(double),
      query: optional(text),
      context: optional(
        fc.record({
          page: optional(fc.record({ url: text, referrer: optional(text) })),
          device: optional(fc.record({ type: text })),
          weather: optional(fc.record({ status: text, temperature: double })),
          temporal: optional(fc.record({ timeOfDay: text, dayOfWeek: text })),
          user: optional(fc.record({ loginStatus: text, segment: optional(text) })),
          campaign: optional(fc.record({ utmSource: text, utmCampaign: optional(text) })),
        }),
      ),
      properties: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
    }),
  )
  .map(([version, type, action]) => encoded(version, { ...action, actionType: ACTION_TYPES[type] }))

/** What comes to a record on a bad day: some of its bytes are others, or it ends early, or too late. */
const damage = fc.record({
  changed: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
  cut: fc.option(fc.nat(), { nil: null, freq: 1 }),
  more: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 3 })),
})
const damaged = fc.tuple(record, damage).map(([whole, { changed, cut, more }]) => {
  const bytes = Buffer.concat([whole, more])
  for (const [at, value] of changed) bytes[at % bytes.length] = value
  return cut === null ? bytes : bytes.subarray(0, cut % bytes.length)
})

test('rows are what the codec reads of the same bytes, of every version, also after a merge', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
      const { file, refused } = fileOf(records)
      expect(refused).toEqual([])
      const expected = records.map((bytes, i) => rowOf(codec.decodeUserAction(bytes), i))
      const columns = await columnsOf(file)
      expect(rowsOf(columns)).toEqual(expected)
      const pieces = await Array.fromAsync(asOneFile(stream([columns, columns])))
      expect(rowsOf(await columnsOf(Buffer.concat(pieces)))).toEqual([...expected, ...expected])
    }),
    { numRuns: 300 },
  )
})

test('damaged bytes are refused exactly where the codec refuses them, and else read as it reads them', async () => {
  await fc.assert(fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 30 }), expectAsTheCodec), {
    numRuns: 500,
  })
})

test('so they are whatever a single byte becomes', async () => {
  const context = { page: { url: '/', referrer: null }, user: { loginStatus: 'IN', segment: 's' } }
  const place = { device: { type: 'm' }, weather: { status: 'RAIN', temperature: 1 } }
  const action = {
    traceId: '0198aaaa-1111-7bbb-8ccc-0123456789ab',
    userId: 'u',
    sessionId: '',
    timestamp: most,
    productId: null,
    category: 'c',
    price: 1,
    query: null,
    context: { ...context, ...place, temporal: null, campaign: { utmSource: 'm', utmCampaign: null } },
    properties: { a: '1' },
  }
  for (const version of VERSIONS.keys()) {
    const whole = encoded(version, { ...action, actionType: ACTION_TYPES[version] })
    for (const at of whole.keys()) {
      const others = Array.from({ length: 256 }, (_, value) => Buffer.from(whole).fill(value, at, at + 1))
      await expectAsTheCodec(others)
    }
  }
}, 60_000)

/** The file of these records has rows of what the codec reads, and of no other. */
async function expectAsTheCodec(records: readonly Buffer[]): Promise<void> {
  const actions = records.map(decoded)
  const { file, refused } = fileOf(records)
  expect(refused).toEqual([...actions.keys()].filter((i) => actions[i] === null))
  const expected = actions.flatMap((action, i) => (action === null ? [] : [rowOf(action, i)]))
  if (expected.length > 0) expect(rowsOf(await columnsOf(file))).toEqual(expected)
}

function encoded(version: number, action: unknown): Buffer {
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(LOCAL_SCHEMA_IDS['user.action.v1-value'][version]!, 1)
  return Buffer.concat([frame, VERSIONS[version]!.toBuffer(action)])
}

/** The records lie in one another's neighbourhood, as they do where they are held. */
function fileOf(records: readonly Buffer[]): { file: Uint8Array; refused: number[] } {
  const spans = new ActionSpans(LOCAL_SCHEMA_IDS)
  const writer = new LakeFileWriter()
  const held = Buffer.concat(records)
  const refused: number[] = []
  let start = 0
  for (const [i, { length }] of records.entries()) {
    if (spans.read(held, start, start + length))
      writer.add(spans, { partition: 3, offset: i, receivedMs: RECEIVED_MS })
    else refused.push(i)
    start += length
  }
  return { file: writer.end(), refused }
}

function decoded(bytes: Uint8Array): UserAction | null {
  try {
    return codec.decodeUserAction(bytes)
  } catch (error) {
    if (error instanceof RepError) return null
    throw error
  }
}

function rowOf(action: UserAction, offset: number): LakeValue[] {
  const { context, properties } = action
  const keys = Object.keys(properties).sort()
  return [
    Uint8Array.from(Buffer.from(action.traceId.replaceAll('-', ''), 'hex')),
    action.userId,
    action.sessionId,
    action.actionType,
    BigInt(action.timestamp) * 1000n,
    BigInt(RECEIVED_MS) * 1000n,
    action.productId ?? null,
    action.category ?? null,
    action.price ?? null,
    action.query ?? null,
    context?.page?.url ?? null,
    context?.page?.referrer ?? null,
    context?.device?.type ?? null,
    context?.weather?.status ?? null,
    context?.weather?.temperature ?? null,
    context?.temporal?.timeOfDay ?? null,
    context?.temporal?.dayOfWeek ?? null,
    context?.user?.loginStatus ?? null,
    context?.user?.segment ?? null,
    context?.campaign?.utmSource ?? null,
    context?.campaign?.utmCampaign ?? null,
    keys.length === 0 ? null : JSON.stringify(Object.fromEntries(keys.map((key) => [key, properties[key]]))),
    3,
    BigInt(offset),
  ]
}

async function columnsOf(file: Uint8Array): Promise<readonly (readonly LakeValue[])[]> {
  const read = async (start: number, end: number) => file.subarray(start, end)
  const reader = await LakeFileReader.open({ name: 'x.parquet', bytes: file.length, read })
  const [columns] = await Array.fromAsync(reader.all())
  return columns!
}

function rowsOf(columns: readonly (readonly LakeValue[])[]): LakeValue[][] {
  return columns[0]!.map((_, at) => LAKE_COLUMNS.map((_, i) => columns[i]![at]!))
}

async function* stream<T>(items: readonly T[]) {
  yield* items
}
