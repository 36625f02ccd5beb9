import type { KeyValue, KeyValueEntry } from '../../ports/key-value.ts'

const HOUR_MS = 3_600_000
const text = new TextEncoder()
const plain = new TextDecoder()

export interface TellingLimitSettings {
  /** Most tellings of one change. */
  readonly fanOut: number
  readonly perUserPerHour: number
  readonly dedupeMs: number
}

/** One notification that may be sent. */
export interface Telling {
  readonly userId: string
  /** Trace id of the notification, the same whenever the change is handled. */
  readonly id: string
  /** What a user is told once in the window: user, product and kind. */
  readonly subject: string
}

/**
 * Keeps users from being told the same again within `dedupeMs`, and from being told more than
 * `perUserPerHour` times in any hour.
 *
 * Both are marks with a time to live that hold the id of the notification that set them. A change may be
 * handled again, after a crash between a mark and the append: it finds its own ids in the marks and passes
 * again, without counting twice. A counter could not tell that.
 */
export class TellingLimits {
  readonly #keyValue: KeyValue
  readonly #settings: TellingLimitSettings

  constructor(keyValue: KeyValue, settings: TellingLimitSettings) {
    this.#keyValue = keyValue
    this.#settings = settings
  }

  /** Those of one change that may be sent, in their order, at most `fanOut`. Each user once. */
  async admit(tellings: readonly Telling[]): Promise<readonly Telling[]> {
    const { dedupeMs, fanOut } = this.#settings
    const fresh = await this.#unmarked(tellings)
    const slotted = await this.#takeSlots(fresh.slice(0, fanOut))
    // Only now: a user whose hour is full was not told, and may be told later in the window.
    const marked = await this.#claim(slotted, (telling) => subjectKey(telling), dedupeMs)
    return slotted.filter((_, i) => marked[i])
  }

  /**
   * Those that no other notification's mark forbids. Those with their own mark go first: they were admitted when
   * the change was handled before, and the fan-out must not cut them off in favour of newcomers.
   */
  async #unmarked(tellings: readonly Telling[]): Promise<readonly Telling[]> {
    if (tellings.length === 0) return tellings
    const marks = await this.#keyValue.getMany(tellings.map(subjectKey))
    const admittedBefore = tellings.filter(({ id }, i) => isHeldBy(id, marks[i]))
    const absent = tellings.filter((_, i) => (marks[i] ?? null) === null)
    return [...admittedBefore, ...absent]
  }

  /**
   * Each user has `perUserPerHour` slots, each of which is free again an hour after it was taken, so the limit
   * holds for any hour. Users without many notifications are done after the first round.
   */
  async #takeSlots(tellings: readonly Telling[]): Promise<readonly Telling[]> {
    const taken = new Set<Telling>()
    let waiting = tellings
    for (let slot = 0; slot < this.#settings.perUserPerHour && waiting.length > 0; slot++) {
      const got = await this.#claim(waiting, ({ userId }) => `notified:slot:${slot}:${userId}`, HOUR_MS)
      for (const [i, telling] of waiting.entries()) if (got[i]) taken.add(telling)
      waiting = waiting.filter((_, i) => !got[i])
    }
    return tellings.filter((telling) => taken.has(telling))
  }

  /** Sets each key that is absent to the notification's id; true where the key holds that id now. */
  async #claim(
    tellings: readonly Telling[],
    keyOf: (telling: Telling) => string,
    ttlMs: number,
  ): Promise<readonly boolean[]> {
    if (tellings.length === 0) return []
    const entries = tellings.map(
      (telling): KeyValueEntry => ({ key: keyOf(telling), value: text.encode(telling.id), ttlMs }),
    )
    const set = await this.#keyValue.setIfAbsentMany(entries)
    if (!set.includes(false)) return set
    const held = await this.#keyValue.getMany(entries.map(({ key }) => key))
    return tellings.map(({ id }, i) => set[i] === true || isHeldBy(id, held[i]))
  }
}

function subjectKey({ subject }: Telling): string {
  return `notified:subject:${subject}`
}

function isHeldBy(id: string, held: Uint8Array | null | undefined): boolean {
  return held !== null && held !== undefined && plain.decode(held) === id
}
