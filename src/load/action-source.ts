import type { Scenario } from '../config/scenario.ts'
import { LOCAL_SCHEMA_IDS, type SchemaIds } from '../domain/codec.ts'
import type { Product } from '../domain/events.ts'
import { USER_ACTION } from '../domain/topics.ts'
import { runTag } from '../domain/trace-id.ts'
import { ActionEncoder, type ActionHead, type ActionWriter } from './action-encoder.ts'
import { ActionFragments } from './action-fragments.ts'
import { ActionJson } from './action-json.ts'
import type { EventBatch } from './event-batch.ts'
import { type EventSource, isOwn, type Shard, WHOLE } from './event-source.ts'
import { ProductPicker } from './product-picker.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import { SessionModel } from './session-model.ts'
import { ShopPages } from './shop-pages.ts'
import { UserPicker, userIdOf } from './user-picker.ts'

/** The parts of a scenario that the actions follow from. */
export type ActionScenario = Pick<Scenario, 'seed' | 'startsAtMs' | 'warmupMs' | 'users' | 'catalogue'> & {
  readonly load: Pick<Scenario['load'], 'actions'>
}

export interface SourceOptions {
  /** The catalogue, most popular product first. */
  readonly products: readonly Product[]
  readonly shard?: Shard
  readonly schemaIds?: SchemaIds
  /** Bytes as the event log gets them (the default), or as the collector does. */
  readonly format?: 'avro' | 'json'
}

/**
 * User actions of a scenario. Every shard walks the whole schedule, which is cheap, and makes the actions
 * of its own users: an action's sequence number, user and bytes do not depend on how many shards there are.
 */
export class ActionSource implements EventSource {
  readonly stream = 'action'
  readonly topic = USER_ACTION
  readonly schedule: Schedule
  readonly #shard: Shard
  readonly #startsAtMs: number
  readonly #users: UserPicker
  readonly #sessions: SessionModel
  readonly #encoder: ActionWriter
  /** UTF-8 of each user's id, made when the user first acts. */
  readonly #keys: (Uint8Array | undefined)[]
  readonly #head: ActionHead = { key: new Uint8Array(0), timestampMs: 0, sequence: 0 }
  /** The next event: its due time, user and number; -1 before the first. */
  #dueUs = -1
  #user = 0
  #sequence = -1

  constructor(scenario: ActionScenario, options: SourceOptions) {
    const { seed, warmupMs, users, catalogue } = scenario
    const { products, shard = WHOLE, schemaIds = LOCAL_SCHEMA_IDS } = options
    this.#shard = shard
    this.#startsAtMs = scenario.startsAtMs
    this.schedule = createSchedule(scenario.load.actions, { seed, warmupMs, stream: 'action' })
    this.#users = new UserPicker(users, seed)
    const picker = new ProductPicker(products, catalogue)
    const pages = new ShopPages(products, picker.categories)
    this.#sessions = new SessionModel(users.count, seed, { pages, picker })
    const tag = runTag(seed, 'action')
    this.#encoder =
      options.format === 'json'
        ? new ActionJson(products, pages, tag)
        : new ActionEncoder(
            new ActionFragments(products, pages),
            schemaIds['user.action.v1-value'].at(-1)!,
            tag,
          )
    this.#keys = new Array<Uint8Array | undefined>(users.count)
  }

  peekDueUs(): number {
    if (this.#dueUs < 0) this.#advance()
    return this.#dueUs
  }

  fill(batch: EventBatch, untilUs: number): number {
    const before = batch.count
    let dueUs = this.peekDueUs()
    while (dueUs <= untilUs && dueUs !== Infinity && !batch.full) {
      this.#take(batch, dueUs)
      this.#advance()
      dueUs = this.#dueUs
    }
    return batch.count - before
  }

  #take(batch: EventBatch, dueUs: number): void {
    const head = this.#head
    head.key = this.#keyOf(this.#user)
    head.timestampMs = this.#timestampMs(dueUs)
    head.sequence = this.#sequence
    this.#sessions.take(this.#user, head.timestampMs)
    batch.reserve(this.#encoder.maxBytes)
    const end = this.#encoder.write(batch.slab, batch.used, head, this.#sessions)
    batch.addWritten(head.key, end, dueUs, this.#sequence)
  }

  /** Walks on to the next event of a user of this shard. */
  #advance(): void {
    let dueUs = this.#dueUs
    do {
      dueUs = this.schedule.next()
      if (dueUs === Infinity) break
      this.#sequence++
      this.#user = this.#users.next(this.#timestampMs(dueUs))
    } while (!isOwn(this.#user, this.#shard))
    this.#dueUs = dueUs
  }

  #timestampMs(dueUs: number): number {
    return this.#startsAtMs + Math.floor(dueUs / 1e3)
  }

  #keyOf(user: number): Uint8Array {
    const known = this.#keys[user]
    if (known !== undefined) return known
    const key = new TextEncoder().encode(userIdOf(user))
    this.#keys[user] = key
    return key
  }
}
