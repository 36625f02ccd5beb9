import type { Detection, FeatureDefinitions, FeatureEvent } from '../../domain/features/definitions.ts'
import type { EncodedEvents } from '../../domain/features/encoded-events.ts'
import { nextLookMs } from '../../domain/features/user-features.ts'
import {
  forgetEvents,
  type Insertion,
  insertEvent,
  settleUser,
  type UserState,
} from '../../domain/features/user-state.ts'
import { DueQueue } from '../../kernel/due-queue.ts'
import { ActiveUsers } from './active-users.ts'
import { PartitionClock } from './partition-clock.ts'

/** Users whose states are kept in memory while nothing of them is unstored. */
const MOST_CACHED = 4000
/** Users that are looked at in one settlement because something of theirs is due. */
const MOST_DUE = 2000

/** One action of the partition, until its effect is durable. */
export interface Arrival {
  readonly userId: string
  readonly event: FeatureEvent
  readonly offset: number
  /** As it was when the action was read: what decides whether it came in time. */
  readonly watermarkMs: number
  result: Insertion | 'applied-before' | null
}

export interface CachedUser {
  state: UserState
  /** Version that is stored; null for none. */
  version: number | null
  readonly encoded: EncodedEvents
  listedMinute: number
}

export interface FoundPattern extends Detection {
  readonly userId: string
}

/** The users of one partition: their states as far as they are in memory, and what of them is not stored yet. */
export class FeaturePartition {
  readonly id: number
  readonly clock: PartitionClock
  readonly active: ActiveUsers
  readonly due = new DueQueue()
  /** Since the last settlement, in the order of the log. */
  readonly arrivals: Arrival[] = []
  readonly users = new Map<string, CachedUser>()
  /** Users whose state changed, or is to be published again. */
  readonly touched = new Set<string>()
  /** Users who were due and have not been looked at yet. */
  readonly looking = new Set<string>()
  found: FoundPattern[] = []
  /** Of the next record to read, and of the next to read after a crash. */
  nextOffset: number
  committedOffset: number
  readonly #definitions: FeatureDefinitions

  constructor(id: number, nextOffset: number, definitions: FeatureDefinitions) {
    this.id = id
    this.nextOffset = nextOffset
    this.committedOffset = nextOffset
    this.#definitions = definitions
    this.clock = new PartitionClock(definitions.latenessMs)
    this.active = new ActiveUsers(id)
  }

  /** Whether a settlement would do anything. */
  get hasWork(): boolean {
    const unstored = this.arrivals.length + this.touched.size + this.looking.size > 0
    return unstored || this.nextOffset > this.committedOffset || this.due.next < this.#watermark
  }

  /** Users whose states must be in memory before `apply`. */
  missing(): string[] {
    for (const userId of this.due.take(this.#watermark, MOST_DUE)) this.looking.add(userId)
    const wanted = new Set([...this.touched, ...this.looking])
    for (const { userId } of this.arrivals) wanted.add(userId)
    return [...wanted].filter((userId) => !this.users.has(userId))
  }

  /** Applies what arrived and settles whoever is touched or due. Doing it again changes nothing. */
  apply(): void {
    for (const arrival of this.arrivals) if (arrival.result === null) this.#insert(arrival)
    for (const userId of this.looking) {
      const next = nextLookMs(this.#definitions, this.#of(userId).state)
      if (next < this.#watermark) this.touched.add(userId)
      else this.due.add(userId, next)
    }
    this.looking.clear()
    for (const userId of this.touched) this.#settle(userId)
  }

  /** Gives up what is in memory of users whose stored state is another; what arrived of them is applied again. */
  forget(userIds: readonly string[]): void {
    for (const userId of userIds) {
      this.users.delete(userId)
      this.touched.add(userId)
    }
    const gone = new Set(userIds)
    for (const arrival of this.arrivals) if (gone.has(arrival.userId)) arrival.result = null
  }

  /** Everything up to now is stored. */
  settled(): void {
    this.committedOffset = this.nextOffset
    this.arrivals.length = 0
    this.touched.clear()
    this.active.saved()
    for (const userId of this.users.keys()) {
      if (this.users.size <= MOST_CACHED) break
      this.users.delete(userId)
    }
  }

  get #watermark(): number {
    return this.clock.watermarkMs
  }

  #insert(arrival: Arrival): void {
    const { userId, event, offset, watermarkMs } = arrival
    const user = this.#of(userId)
    // Published again also where it was applied before: who died then may have stored the state alone.
    this.touched.add(userId)
    if (offset <= user.state.offset) arrival.result = 'applied-before'
    else {
      arrival.result = insertEvent(user.state, event, watermarkMs)
      user.state.offset = offset
    }
    const minute = ActiveUsers.minuteOf(event.timestamp)
    if (arrival.result === 'late' || minute <= user.listedMinute) return
    user.listedMinute = minute
    this.active.add(minute, userId)
  }

  #settle(userId: string): void {
    const user = this.#of(userId)
    for (const detection of settleUser(this.#definitions, user.state, this.#watermark))
      this.found.push({ ...detection, userId })
    forgetEvents(this.#definitions, user.state)
    this.due.add(userId, nextLookMs(this.#definitions, user.state))
    // The longest untouched are the first to leave the memory.
    this.users.delete(userId)
    this.users.set(userId, user)
  }

  #of(userId: string): CachedUser {
    return this.users.get(userId)!
  }
}
