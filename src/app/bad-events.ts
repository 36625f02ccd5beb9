import { COLLECT_BAD } from '../domain/topics.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { BadEvent } from '../stages/collect/bad-event.ts'

/** A bad event with its place. */
export interface PlacedBadEvent extends BadEvent {
  /** TOPIC/PARTITION/OFFSET. */
  readonly id: string
}

const BATCH = 1000

/** What the collector could not take, oldest first within each partition; at most `limit` of each partition's last. */
export async function listBadEvents(log: EventLog, limit: number): Promise<PlacedBadEvent[]> {
  const events: PlacedBadEvent[] = []
  for (const { topic, partition, earliest, latest } of await log.offsets(COLLECT_BAD)) {
    let offset = Math.max(earliest, latest - limit)
    while (offset < latest) {
      const batch = await log.read({ topic, partition, offset }, BATCH)
      if (batch.length === 0) break
      for (const record of batch) {
        const event = JSON.parse(Buffer.from(record.value).toString('utf8')) as BadEvent
        events.push({ id: `${topic}/${partition}/${record.offset}`, ...event })
      }
      offset = batch.at(-1)!.offset + 1
    }
  }
  return events.sort((a, b) => a.receivedAt.localeCompare(b.receivedAt)).slice(-limit)
}
