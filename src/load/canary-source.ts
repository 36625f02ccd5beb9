import type { Scenario } from '../config/scenario.ts'
import { createCodec } from '../domain/codec.ts'
import type { Product, UserAction } from '../domain/events.ts'
import { USER_ACTION } from '../domain/topics.ts'
import { formatTraceId, runTag } from '../domain/trace-id.ts'
import { Random } from '../kernel/random.ts'
import type { ActionScenario, SourceOptions } from './action-source.ts'
import type { EventBatch } from './event-batch.ts'
import type { EventSource } from './event-source.ts'
import { phasesMs } from './rate-curve.ts'
import { createSchedule, type Schedule } from './schedule.ts'

export type CanaryScenario = ActionScenario & {
  readonly load: Pick<Scenario['load'], 'actions' | 'canaries'>
}

/**
 * Canary actions: evenly spaced as long as the actions last, warm-up included, by users of their own in
 * turn, who view and like products. Their way into a recommendation is followed one by one.
 */
export class CanarySource implements EventSource {
  readonly stream = 'canary'
  readonly topic = USER_ACTION
  readonly #encode: (action: CanaryAction) => Uint8Array
  readonly #tag: number
  readonly #startsAtMs: number
  readonly #users: number
  readonly #products: readonly Product[]
  readonly #schedule: Schedule
  readonly #random: Random
  #dueUs: number
  #sequence = 0

  constructor(scenario: CanaryScenario, { products, schemaIds, format }: SourceOptions) {
    const { seed, startsAtMs, load } = scenario
    const codec = createCodec(schemaIds)
    this.#encode = format === 'json' ? asClickEvent : (action) => codec.encodeUserAction(action)
    this.#tag = runTag(seed, 'canary')
    this.#startsAtMs = startsAtMs
    this.#users = Math.max(1, load.canaries.users)
    this.#products = products
    this.#random = new Random(seed, 'canary')
    this.#schedule = canarySchedule(scenario)
    this.#dueUs = this.#schedule.next()
  }

  peekDueUs(): number {
    return this.#dueUs
  }

  fill(batch: EventBatch, untilUs: number): number {
    const before = batch.count
    while (this.#dueUs <= untilUs && this.#dueUs !== Infinity && !batch.full) {
      this.#take(batch, this.#dueUs)
      this.#dueUs = this.#schedule.next()
    }
    return batch.count - before
  }

  #take(batch: EventBatch, dueUs: number): void {
    const sequence = this.#sequence++
    const userId = canaryUserOf(sequence, this.#users)
    const timestamp = this.#startsAtMs + Math.floor(dueUs / 1e3)
    const { id, category, price } = this.#random.pick(this.#products)
    const value = this.#encode({
      traceId: formatTraceId(timestamp, this.#tag, sequence),
      userId,
      sessionId: `${userId}-0`,
      actionType: Math.floor(sequence / this.#users) % 2 === 0 ? 'VIEW' : 'LIKE',
      timestamp,
      productId: id,
      category,
      price,
      properties: {},
    })
    batch.add(new TextEncoder().encode(userId), value, dueUs, sequence)
  }
}

type CanaryAction = UserAction & {
  readonly productId: string
  readonly category: string
  readonly price: number
}

/** A canary in the clickstream shape that the collector takes. */
function asClickEvent({
  traceId,
  userId,
  sessionId,
  actionType,
  timestamp,
  ...about
}: CanaryAction): Uint8Array {
  const { productId: product_id, category, price } = about
  const event = {
    event_id: traceId,
    user_id: userId,
    session_id: sessionId,
    event_type: actionType.toLowerCase(),
    timestamp,
    properties: { product_id, category, price },
  }
  return new TextEncoder().encode(JSON.stringify(event))
}

/** The user of the canary with this sequence number: `canary-000` upwards, in turn. */
export function canaryUserOf(sequence: number, users: number): string {
  return `canary-${String(sequence % Math.max(1, users)).padStart(3, '0')}`
}

/** When canaries are due. */
export function canarySchedule({
  seed,
  warmupMs,
  load,
}: Pick<CanaryScenario, 'seed' | 'warmupMs' | 'load'>): Schedule {
  const phases = [{ shape: 'constant', durationMs: phasesMs(load.actions.phases), rate: 1 }] as const
  const steady = { tps: load.canaries.tps, arrival: { process: 'uniform' }, phases } as const
  return createSchedule(steady, { seed, warmupMs, stream: 'canary' })
}
