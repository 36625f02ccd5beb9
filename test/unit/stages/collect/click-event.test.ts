import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCodec } from '../../../../src/domain/codec.ts'
import { ACTION_TYPES, type UserAction } from '../../../../src/domain/events.ts'
import { type Reading, readClickEvent } from '../../../../src/stages/collect/read-click-event.ts'
import { writeClickEvent } from '../../../../src/stages/collect/write-click-event.ts'

const RECEIVED = Date.parse('2026-03-01T12:00:00Z')
const codec = createCodec()
const read = (event: unknown, skewMs = 0): Reading =>
  readClickEvent(event, { pointer: '', receivedMs: RECEIVED, skewMs })

function actionOf(reading: Reading): UserAction {
  if (reading.kind !== 'action') throw new Error(JSON.stringify(reading))
  return reading.action
}

const RICH = {
  event_id: '0189C7B2-0000-7000-8000-000000000001',
  user_id: 'u1',
  session_id: 's1',
  event_type: 'add_to_cart',
  timestamp: '2026-03-01T11:59:59.250Z',
  context: {
    page: { url: 'https://shop.example/p/1', referrer: 'https://search.example' },
    device: { type: 'mobile' },
    weather: { status: 'rain', temperature: 7.5 },
    temporal: { time_of_day: 'noon', day_of_week: 'sunday' },
    user: { login_status: 'logged_in', segment: 'vip' },
    campaign: { utm_source: 'mail', utm_campaign: 'spring' },
  },
  properties: { product_id: 'p1', category: 'tea', price: 4.5, query: 'green', colour: 'green', count: 2 },
}

const id = () => fc.string({ minLength: 1, maxLength: 20 })
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
/** JSON has no negative zero. */
const number = (min = -1e300) =>
  fc.double({ min, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const page = fc.record({ url: fc.string(), referrer: optional(fc.string()) })
const context = fc.record({
  page: optional(page),
  device: optional(fc.record({ type: fc.string() })),
  weather: optional(fc.record({ status: fc.string(), temperature: number() })),
  temporal: optional(fc.record({ timeOfDay: fc.string(), dayOfWeek: fc.string() })),
  user: optional(fc.record({ loginStatus: fc.string(), segment: optional(fc.string()) })),
  campaign: optional(fc.record({ utmSource: fc.string(), utmCampaign: optional(fc.string()) })),
})
/** The four names with fields of their own are the table's one exception. */
const propertyName = fc
  .string({ maxLength: 12 })
  .filter((name) => !['product_id', 'category', 'price', 'query', '__proto__'].includes(name))
const action: fc.Arbitrary<UserAction> = fc.record({
  traceId: fc.uuid(),
  userId: id(),
  sessionId: id(),
  actionType: fc.constantFrom(...ACTION_TYPES),
  timestamp: fc.integer({ min: 1e11, max: RECEIVED }),
  productId: optional(id()),
  category: optional(fc.string()),
  price: optional(number(0)),
  query: optional(fc.string()),
  // A context in which nothing is told is none.
  context: optional(context.filter((parts) => Object.values(parts).some((part) => part !== null))),
  properties: fc.dictionary(propertyName, fc.string(), { noNullPrototype: true }),
})

describe('rich clickstream events and user actions', () => {
  test('an action, written as a clickstream event, sent as JSON and read, is the same action', () =>
    fc.assert(
      fc.property(action, (before) => {
        const sent = JSON.parse(JSON.stringify(writeClickEvent(before)))
        const after = actionOf(read(sent))
        expect(codec.decodeUserAction(codec.encodeUserAction(after))).toEqual(
          codec.decodeUserAction(codec.encodeUserAction(before)),
        )
      }),
      { numRuns: 500 },
    ))

  test('every field of the rich shape has its place', () => {
    const { properties, ...rest } = actionOf(read(RICH))
    expect({ ...properties }).toEqual({ colour: 'green', count: '2' })
    expect(rest).toEqual({
      traceId: RICH.event_id.toLowerCase(),
      userId: 'u1',
      sessionId: 's1',
      actionType: 'ADD_TO_CART',
      timestamp: Date.parse(RICH.timestamp),
      productId: 'p1',
      category: 'tea',
      price: 4.5,
      query: 'green',
      context: {
        page: RICH.context.page,
        device: RICH.context.device,
        weather: RICH.context.weather,
        temporal: { timeOfDay: 'noon', dayOfWeek: 'sunday' },
        user: { loginStatus: 'logged_in', segment: 'vip' },
        campaign: { utmSource: 'mail', utmCampaign: 'spring' },
      },
    })
  })

  test('what has no field is kept as text under its path', () => {
    const event = {
      user_id: 7,
      event_type: 'view',
      app: 'ios',
      context: { device: { type: 'tv', os: { name: 'x' } }, ab: [1], page: null },
      properties: JSON.parse('{"__proto__":"kept","none":null,"on":true}'),
    }
    const { properties, userId, sessionId, context } = actionOf(read(event))
    expect(Object.entries(properties).sort()).toEqual([
      ['__proto__', 'kept'],
      ['context.ab', '[1]'],
      ['context.device.os', '{"name":"x"}'],
      ['event.app', 'ios'],
      ['on', 'true'],
    ])
    expect([userId, sessionId, context]).toEqual(['7', '7', { device: { type: 'tv' } }])
    expect(codec.decodeUserAction(codec.encodeUserAction(actionOf(read(event)))).properties).toHaveProperty(
      'on',
      'true',
    )
  })

  test('an id that is no UUID gives one that follows from it and the user, and is kept', () => {
    const event = { ...RICH, event_id: 'click-17' }
    const { traceId, properties } = actionOf(read(event))
    expect(actionOf(read(event)).traceId).toBe(traceId)
    expect(actionOf(read({ ...event, user_id: 'u2' })).traceId).not.toBe(traceId)
    expect(properties.client_event_id).toBe('click-17')
    const none = { ...RICH, event_id: undefined }
    expect(actionOf(read(none)).traceId).not.toBe(actionOf(read(none)).traceId)
  })

  test('a type that no action has makes a custom event, kept whole', () => {
    const custom = { ...RICH, event_type: 'video_paused', more: { deep: [1] } }
    expect(read(custom)).toEqual({
      kind: 'custom',
      traceId: RICH.event_id.toLowerCase(),
      userId: 'u1',
      event: { ...custom, event_id: RICH.event_id.toLowerCase() },
    })
  })

  test.each([
    [null, ['']],
    [[], ['']],
    [{}, ['/user_id', '/event_type']],
    [{ ...RICH, user_id: '' }, ['/user_id']],
    [{ ...RICH, user_id: 'x'.repeat(201) }, ['/user_id']],
    [{ ...RICH, user_id: 1.5 }, ['/user_id']],
    [{ ...RICH, event_type: 4.2 }, ['/event_type']],
    [{ ...RICH, timestamp: 1_700_000_000 }, ['/timestamp']],
    [{ ...RICH, timestamp: 'yesterday' }, ['/timestamp']],
    [{ ...RICH, timestamp: '2026-03-01T11:59:59' }, ['/timestamp']],
    [{ ...RICH, timestamp: '2026-13-01T11:59:59Z' }, ['/timestamp']],
    [{ ...RICH, context: 'home' }, ['/context']],
    [
      { ...RICH, context: { page: {}, weather: { status: 1 }, 'a/b~': 1 } },
      ['/context/page/url', '/context/weather/status', '/context/weather/temperature'],
    ],
    [
      { ...RICH, properties: { price: '4.5', product_id: {} } },
      ['/properties/product_id', '/properties/price'],
    ],
    [{ ...RICH, properties: { price: -1 } }, ['/properties/price']],
    [JSON.parse('{"user_id":"u","event_type":"view","properties":{"price":1e999}}'), ['/properties/price']],
  ])('%j is refused at %j', (event, pointers) => {
    const reading = read(event)
    expect(reading.kind === 'bad' && reading.faults.map(({ pointer }) => pointer)).toEqual(pointers)
  })
})

describe('event time', () => {
  const at = (timestamp: unknown, skewMs = 0) => {
    const { timestamp: ms, properties } = actionOf(read({ ...RICH, timestamp }, skewMs))
    return [ms - RECEIVED, properties.client_timestamp]
  }

  test('milliseconds, ISO 8601 with any zone, or none at all', () => {
    expect(at(RECEIVED - 5)).toEqual([-5, undefined])
    expect(at('2026-03-01T13:00:00+02:00')).toEqual([-3_600_000, undefined])
    expect(at(undefined)).toEqual([0, undefined])
  })

  test('a clock that is wrong is put right, and what it said is kept', () => {
    expect(at(RECEIVED - 3_600_500, 3_600_000)).toEqual([-500, String(RECEIVED - 3_600_500)])
    expect(at(RECEIVED + 60_000, -60_500)).toEqual([-500, String(RECEIVED + 60_000)])
  })

  test('nothing happens after it was received, but for the tolerance', () => {
    expect(at(RECEIVED + 900)).toEqual([900, undefined])
    expect(at(RECEIVED + 5000)).toEqual([0, String(RECEIVED + 5000)])
  })
})
