import type { Scenario } from '../config/scenario.ts'
import type { Product } from '../domain/events.ts'
import { formatTraceId, runTag, type Stream } from '../domain/trace-id.ts'
import { CanarySource } from '../load/canary-source.ts'
import { EventBatch } from '../load/event-batch.ts'
import type { EventSource } from '../load/event-source.ts'
import { InventorySource } from '../load/inventory-source.ts'
import type { Schedule } from '../load/schedule.ts'
import { actionSchedule } from './offered.ts'

type DueTimes = Pick<Schedule, 'next'>

/** Names generated events by their sequence numbers, also those that the log does not hold. */
export function traceIdNamer(scenario: Scenario, products: readonly Product[]) {
  const cursors = new Map<Stream, { times: DueTimes; at: number; dueUs: number }>()
  return (stream: Stream, sequence: number): string => {
    let cursor = cursors.get(stream)
    // Sequence numbers mostly come in ascending order: then one walk through the schedule names them all.
    if (cursor === undefined || cursor.at > sequence) {
      cursor = { times: dueTimesOf(stream, scenario, products), at: -1, dueUs: 0 }
    }
    for (; cursor.at < sequence; cursor.at++) cursor.dueUs = cursor.times.next()
    cursors.set(stream, cursor)
    const timestampMs = scenario.startsAtMs + Math.floor(cursor.dueUs / 1e3)
    return formatTraceId(timestampMs, runTag(scenario.seed, stream), sequence)
  }
}

function dueTimesOf(stream: Stream, scenario: Scenario, products: readonly Product[]): DueTimes {
  if (stream === 'action') return actionSchedule(scenario)
  return dueTimesIn(
    stream === 'canary'
      ? new CanarySource(scenario, { products })
      : new InventorySource(scenario, { products }),
  )
}

/** The due times of a source, event by event. */
function dueTimesIn(source: EventSource): DueTimes {
  const batch = new EventBatch(1)
  return {
    next() {
      const dueUs = source.peekDueUs()
      batch.clear()
      source.fill(batch, dueUs)
      return dueUs
    },
  }
}
