import type { Position, StoredRecord } from '../../ports/event-log.ts'
import { sourceOf } from './counters.ts'
import type { Stretch, TakenEvent } from './counting.ts'
import type { LoggedEvent } from './event-rows.ts'

/** What was read of one partition. */
interface Part {
  readonly topic: string
  readonly partition: number
  from: number
  to: number
  readonly events: TakenEvent[]
}

/** One batch on its way: read, then stored as rows, then counted. */
export class StatisticsBatch {
  readonly source: readonly StoredRecord[]
  readonly #parts = new Map<string, Part>()
  #unstored: LoggedEvent[] = []

  constructor(source: readonly StoredRecord[]) {
    this.source = source
  }

  /** Takes a record; its event is null where there is none to count. */
  take({ topic, partition, offset }: StoredRecord, event: LoggedEvent['event'] | null): void {
    const part = this.#partOf(topic, partition, offset)
    part.to = offset + 1
    if (event !== null) this.#unstored.push({ event, topic, partition, offset })
  }

  /** Events that are not rows yet. */
  get unstored(): readonly LoggedEvent[] {
    return this.#unstored
  }

  /** Those are rows now; says by position which of them count. */
  stored(counts: readonly boolean[]): void {
    for (const [i, event] of this.#unstored.entries())
      this.#parts.get(sourceOf(event))!.events.push({ ...event, counts: counts[i]!, counted: false })
    this.#unstored = []
  }

  /** What is to be counted, by partition. */
  stretches(): readonly Stretch[] {
    return [...this.#parts.values()]
  }

  get events(): readonly TakenEvent[] {
    return [...this.#parts.values()].flatMap(({ events }) => events)
  }

  positions(): Position[] {
    return [...this.#parts.values()].map(({ topic, partition, to }) => ({ topic, partition, offset: to }))
  }

  #partOf(topic: string, partition: number, offset: number): Part {
    const source = sourceOf({ topic, partition })
    let part = this.#parts.get(source)
    if (part === undefined) {
      part = { topic, partition, from: offset, to: offset, events: [] }
      this.#parts.set(source, part)
    }
    return part
  }
}
