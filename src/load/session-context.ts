import { avroDouble, avroString, Fragments, nothing, some } from './avro-bytes.ts'

/**
 * What a session's context can be. A context is three numbers: device and weather, time and user,
 * campaign; each names an encoded fragment, so that an event copies its context instead of encoding it.
 */

const DEVICES = ['MOBILE', 'DESKTOP', 'TABLET'] as const
const DEVICE_SHARES = [0.62, 0.31, 0.07]
const WEATHERS = ['SUNNY', 'CLOUDY', 'RAINY', 'SNOWY'] as const
/** Degrees Celsius by weather, a few each. */
const TEMPERATURES = [
  [17, 20, 23, 26, 29],
  [9, 12, 15, 18, 21],
  [5, 8, 11, 14, 17],
  [-9, -6, -4, -2, 0],
]
const TIMES_OF_DAY = ['NIGHT', 'MORNING', 'AFTERNOON', 'EVENING'] as const
/** By days since 1 January 1970, a Thursday. */
const DAYS = ['THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY'] as const
const LOGINS = ['LOGGED_IN', 'GUEST'] as const
const SEGMENTS = ['VIP', 'REGULAR', 'OCCASIONAL', 'NEW'] as const
/** None, then pairs of source and campaign. */
const CAMPAIGNS: readonly (readonly [string, string | null])[] = [
  ['newsletter', 'weekly-picks'],
  ['newsletter', 'back-in-stock'],
  ['search-ads', 'brand'],
  ['search-ads', 'category'],
  ['social', 'lookbook'],
  ['affiliate', null],
]
export const CAMPAIGN_SOURCES: readonly string[] = CAMPAIGNS.map(([source]) => source)
const CAMPAIGN_SHARE = 0.25
const HOUR_MS = 3_600_000
const TEMPERATURE_COUNT = 5

/** Device and weather of each place, by its number. */
export const PLACE_FACTS = DEVICES.flatMap((device) =>
  WEATHERS.flatMap((status, i) =>
    TEMPERATURES[i]!.map((temperature) => ({ device, weather: { status, temperature } })),
  ),
)

/** Time and user of each moment, by its number. */
export const MOMENT_FACTS = DAYS.flatMap((dayOfWeek) =>
  TIMES_OF_DAY.flatMap((timeOfDay) =>
    LOGINS.flatMap((loginStatus) =>
      SEGMENTS.map((segment) => ({ timeOfDay, dayOfWeek, loginStatus, segment })),
    ),
  ),
)

/** Each campaign by its number; the first is none. */
export const CAMPAIGN_FACTS = [
  null,
  ...CAMPAIGNS.map(([utmSource, utmCampaign]) => ({ utmSource, utmCampaign })),
]

/** Device, weather. */
export const PLACES = new Fragments(
  PLACE_FACTS.map(({ device, weather: { status, temperature } }) => [
    ...some(avroString(device)),
    ...some([...avroString(status), ...avroDouble(temperature)]),
  ]),
)

/** Time of day and day of week, user. */
export const MOMENTS = new Fragments(
  MOMENT_FACTS.map(({ timeOfDay, dayOfWeek, loginStatus, segment }) => [
    ...some([...avroString(timeOfDay), ...avroString(dayOfWeek)]),
    ...some([...avroString(loginStatus), ...some(avroString(segment))]),
  ]),
)

export const CAMPAIGN_FRAGMENTS = new Fragments(
  CAMPAIGN_FACTS.map((campaign) => {
    if (campaign === null) return nothing()
    const { utmSource, utmCampaign } = campaign
    return some([
      ...avroString(utmSource),
      ...(utmCampaign === null ? nothing() : some(avroString(utmCampaign))),
    ])
  }),
)

/** Device and weather from one unsigned 32-bit random number. */
export function placeOf(draw: number): number {
  const share = (draw & 0xffff) / 0x10000
  const device = share < DEVICE_SHARES[0]! ? 0 : share < DEVICE_SHARES[0]! + DEVICE_SHARES[1]! ? 1 : 2
  const weather = (draw >>> 16) % WEATHERS.length
  const temperature = (draw >>> 20) % TEMPERATURE_COUNT
  return (device * WEATHERS.length + weather) * TEMPERATURE_COUNT + temperature
}

/** The user's local time and state; `userDraw` is the user's own, `draw` the session's. */
export function momentOf(timestampMs: number, zone: number, userDraw: number, draw: number): number {
  const hours = Math.floor(timestampMs / HOUR_MS) + zone
  const time = Math.floor((hours % 24) / 6)
  const day = Math.floor(hours / 24) % DAYS.length
  const login = draw % 4 === 0 ? 1 : 0
  return (
    ((day * TIMES_OF_DAY.length + time) * LOGINS.length + login) * SEGMENTS.length +
    (userDraw % SEGMENTS.length)
  )
}

/** 0 for none. */
export function campaignOf(draw: number): number {
  return draw >= CAMPAIGN_SHARE * 2 ** 32 ? 0 : 1 + (draw % CAMPAIGNS.length)
}
