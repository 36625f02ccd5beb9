import { createCodec } from '../domain/codec.ts'
import type { InventoryChange, Product, UserAction } from '../domain/events.ts'
import { type TopicName, USER_ACTION } from '../domain/topics.ts'
import { ActionSource } from './action-source.ts'
import { EventBatch } from './event-batch.ts'
import { type EventSource, earliest, isFirst, type Shard, WHOLE } from './event-source.ts'
import { type InventoryScenario, InventorySource } from './inventory-source.ts'

/** One event that a scenario sends: the very bytes, and what they say. */
export interface ListedEvent {
  /** µs since the start of the run; below `warmupMs` it is warm-up. */
  readonly dueUs: number
  readonly topic: TopicName
  readonly key: string
  readonly value: UserAction | InventoryChange
  /** The value in Confluent's wire format. */
  readonly bytes: Uint8Array
}

export interface ListOptions {
  readonly products: readonly Product[]
  /** Most events; default: all. */
  readonly count?: number
  /** Only what this shard of a sharded run sends; default: everything. */
  readonly shard?: Shard
}

/** The user actions and inventory changes of a scenario by due time, warm-up included. */
export function* listEvents(scenario: InventoryScenario, options: ListOptions): Generator<ListedEvent> {
  const codec = createCodec()
  const sources: EventSource[] = [new ActionSource(scenario, options)]
  if (isFirst(options.shard ?? WHOLE)) sources.push(new InventorySource(scenario, options))
  const batch = new EventBatch(1)
  const text = new TextDecoder()
  for (let listed = 0; listed < (options.count ?? Infinity); listed++) {
    const source = earliest(sources)
    if (source === null) return
    batch.clear()
    source.fill(batch, source.peekDueUs())
    const { key, value } = batch.records[0]!
    const bytes = value.slice()
    const { topic } = source
    const decoded = topic === USER_ACTION ? codec.decodeUserAction(bytes) : codec.decodeInventoryChange(bytes)
    yield { dueUs: batch.dueUs[0]!, topic, key: text.decode(key), value: decoded, bytes }
  }
}
