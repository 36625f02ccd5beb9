import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createCodec, LOCAL_SCHEMA_IDS, SCHEMAS, type Subject } from '../../../src/domain/codec.ts'
import type { UserAction } from '../../../src/domain/events.ts'
import { RepError } from '../../../src/errors/rep-error.ts'

const FIXTURES = new URL('../../fixtures/schemas/', import.meta.url)
const SUBJECTS = Object.keys(SCHEMAS) as Subject[]
const codec = createCodec()
const decode: Record<Subject, (bytes: Uint8Array) => unknown> = {
  'user.action.v1-value': codec.decodeUserAction,
  'product.inventory.v1-value': codec.decodeInventoryChange,
  'notification.push.v1-value': codec.decodeNotification,
  'user.pattern.v1-value': codec.decodeUserPattern,
}

function fixture(subject: Subject, version: number): { bytes: Buffer; value: unknown } {
  const hex = readFileSync(new URL(`${subject}/v${version}.hex`, FIXTURES), 'utf8').replaceAll(/\s/g, '')
  const json = readFileSync(new URL(`${subject}/v${version}.json`, FIXTURES), 'utf8')
  return { bytes: Buffer.from(hex, 'hex'), value: JSON.parse(json) }
}

const action: UserAction = {
  traceId: '0192f0c1-1234-7abc-8def-0123456789ab',
  userId: 'u1',
  sessionId: 's1',
  actionType: 'SEARCH',
  timestamp: 1_759_276_800_000,
  query: 'red shoes',
  properties: { page: '2' },
}

function reason(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof RepError && error.code === 'REP_CODEC') return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('schema versions are BACKWARD_TRANSITIVE', () => {
  for (const subject of SUBJECTS) {
    for (const version of SCHEMAS[subject].keys()) {
      test(`${subject}: bytes written with version ${version + 1} are read`, () => {
        const { bytes, value } = fixture(subject, version + 1)
        expect(decode[subject](bytes)).toEqual(value)
        expect(bytes.readUInt32BE(1)).toBe(LOCAL_SCHEMA_IDS[subject][version])
      })
    }
    test(`${subject}: every version has its fixture, and schema ids are unique`, () => {
      const next = SCHEMAS[subject].length + 1
      expect(existsSync(new URL(`${subject}/v${next}.hex`, FIXTURES))).toBe(false)
      const ids = SUBJECTS.flatMap((name) => LOCAL_SCHEMA_IDS[name])
      expect(new Set(ids).size).toBe(ids.length)
    })
  }

  test('partial readers read every version', () => {
    for (const version of [1, 2, 3]) {
      const { bytes, value } = fixture('user.action.v1-value', version)
      expect(value).toMatchObject({ ...codec.decodeUserActionCore(bytes) })
      expect(value).toMatchObject({ ...codec.decodeUserActionFlat(bytes) })
    }
  })
})

test('writes the frame of Confluent’s wire format with the id of the latest version', () => {
  const ids = { ...LOCAL_SCHEMA_IDS, 'user.action.v1-value': [7, 8, 0x01020304] }
  const bytes = createCodec(ids).encodeUserAction(action)
  expect([...bytes.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4])
  expect(createCodec(ids).decodeUserAction(bytes)).toMatchObject(action)
})

test('encodes values larger than its scratch space', () => {
  const large = { ...action, query: 'x'.repeat(100_000) }
  expect(codec.decodeUserAction(codec.encodeUserAction(large)).query).toBe(large.query)
  expect(codec.decodeUserAction(codec.encodeUserAction(action)).query).toBe(action.query)
})

test('reads from any view of bytes, also one that is not a Buffer', () => {
  const bytes = codec.encodeUserAction(action)
  const padded = new Uint8Array(bytes.length + 3)
  padded.set(bytes, 3)
  expect(codec.decodeUserActionCore(padded.subarray(3)).traceId).toBe(action.traceId)
})

describe('says what is wrong with bytes', () => {
  const good = codec.encodeUserAction(action)
  const with0 = (at: number, value: number) => Buffer.from(good).fill(value, at, at + 1)
  const cases: [string, Uint8Array, RegExp][] = [
    ['too few', good.subarray(0, 4), /4 bytes are too few for a frame/],
    ['bad magic', with0(0, 123), /first byte is 123, not the magic byte 0/],
    ['unknown id', with0(1, 9), /unknown schema id 150995047; known: 101, 102, 103/],
    ['truncated', good.subarray(0, good.length - 2), /schema id 103: truncated/],
    ['trailing', Buffer.concat([good, Buffer.from([1, 2])]), /schema id 103: 2 trailing bytes/],
  ]
  for (const [name, bytes, message] of cases) {
    test(name, () => {
      for (const read of [codec.decodeUserAction, codec.decodeUserActionCore, codec.decodeUserActionFlat]) {
        expect(reason(() => read(bytes))).toMatch(message)
      }
    })
  }

  test('a trace id that is no UUID', () => {
    const bytes = codec.encodeUserAction({ ...action, traceId: 'nope' })
    expect(reason(() => codec.decodeUserActionCore(bytes))).toMatch(/trace id "nope" is not a UUID/)
  })

  test('a count of properties that cannot be true, without reading that many', () => {
    const bare = codec.encodeUserAction({ ...action, properties: {} })
    const count = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
    const damaged = Buffer.concat([bare.subarray(0, bare.length - 1), Buffer.from(count)])
    for (const read of [codec.decodeUserAction, codec.decodeUserActionCore]) {
      expect(reason(() => read(damaged))).toMatch(/truncated/)
    }
  })
})

test('names the fields of a value that does not fit', () => {
  const unfit = { ...action, actionType: 'STARE', price: 'cheap' } as unknown as UserAction
  const message = reason(() => codec.encodeUserAction(unfit))
  expect(message).toMatch(/actionType: "STARE"/)
  expect(message).toMatch(/price: "cheap"/)
})
