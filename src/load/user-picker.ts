import type { UserSettings } from '../config/scenario.ts'
import { AliasTable } from '../kernel/alias-table.ts'
import { hashNumber, hashWord, Random } from '../kernel/random.ts'
import { hotZipfWeights } from './zipf.ts'

const HOUR_MS = 3_600_000
/** After so many users who sleep at this hour, the next one is up all the same. */
const MOST_TRIES = 64

/**
 * Who acts next: Zipf by user number, with a hot share, out of one stream of random numbers for the whole
 * run. With day-parting, users live in 24 time zones and act as the weight of their local hour has it; the
 * rate of the whole stays what the schedule says.
 */
export class UserPicker {
  readonly #table: AliasTable
  readonly #random: Random
  readonly #seed: number
  /** Weight of each local hour, the largest being 1; null where flat. */
  readonly #hours: readonly number[] | null

  constructor(settings: UserSettings, seed: number) {
    const hot = { ranks: settings.hotUsers, share: settings.hotShare }
    this.#table = new AliasTable(hotZipfWeights(settings.count, settings.zipf, hot))
    this.#random = new Random(seed, 'users')
    this.#seed = seed
    this.#hours = relativeHours(settings.dayParting)
  }

  /** The user of the next event of the schedule, whose event time is `timestampMs`. */
  next(timestampMs: number): number {
    const random = this.#random
    let user = this.#table.at(random.u32(), random.u32())
    if (this.#hours === null) return user
    const hour = Math.floor(timestampMs / HOUR_MS)
    for (let i = 0; i < MOST_TRIES && random.unit() >= this.#weight(user, hour); i++) {
      user = this.#table.at(random.u32(), random.u32())
    }
    return user
  }

  #weight(user: number, hour: number): number {
    return this.#hours![(hour + timeZoneOf(userKey(this.#seed, user))) % 24]!
  }
}

/** What everything random about one user follows from. */
export function userKey(seed: number, user: number): number {
  return hashNumber(hashWord(seed, 'user'), user)
}

/** Hours that a user's clock is ahead of UTC, 0 to 23. */
export function timeZoneOf(key: number): number {
  return hashNumber(key, 2) % 24
}

/** True for a user who was never seen before the run. */
export function isCold(key: number, coldShare: number): boolean {
  return hashNumber(key, 3) < coldShare * 2 ** 32
}

/** User id of a user number: `user-000000` upwards. */
export function userIdOf(user: number): string {
  return `user-${String(user).padStart(6, '0')}`
}

function relativeHours(weights: readonly number[] | null): readonly number[] | null {
  if (weights === null) return null
  const most = Math.max(...weights)
  return most > 0 ? weights.map((weight) => weight / most) : null
}
