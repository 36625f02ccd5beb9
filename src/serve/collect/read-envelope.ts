import { type Fault, MOST_EVENTS } from '../../stages/collect/click-event.ts'
import { readTime } from '../../stages/collect/event-time.ts'
import { Fields, isObject } from '../../stages/collect/fields.ts'
import { Refused } from './refused.ts'

/** The events of one request. */
export interface Envelope {
  readonly events: readonly unknown[]
  readonly pointer: (position: number) => string
  /** When the sender sent it, by its own clock. */
  readonly sentMs: number | null
}

/**
 * Reads a body: one event, a list of events, or `{"sent_at": …, "events": […]}`. Throws Refused: 400 where it
 * is none of these, 413 for too many events.
 */
export function readEnvelope(body: unknown): Envelope {
  if (Array.isArray(body)) return batch(body, '', null)
  if (!isObject(body)) {
    const message = 'must be an event, a list of events, or an object with events'
    throw new Refused(400, `The body ${message}.`, { faults: [{ pointer: '', message }] })
  }
  const faults: Fault[] = []
  const sentMs = readTime(new Fields(body, '', faults), 'sent_at')
  if (faults.length > 0) throw new Refused(400, `/sent_at ${faults[0]!.message}.`, { faults })
  if (!('events' in body)) return { events: [body], pointer: () => '', sentMs }
  if (Array.isArray(body.events)) return batch(body.events, '/events', sentMs)
  const message = 'must be a list'
  throw new Refused(400, `/events ${message}.`, { faults: [{ pointer: '/events', message }] })
}

function batch(events: readonly unknown[], pointer: string, sentMs: number | null): Envelope {
  if (events.length > MOST_EVENTS) {
    throw new Refused(413, `${events.length} events are too many: at most ${MOST_EVENTS} a request.`)
  }
  if (events.length === 0) {
    const message = 'must hold at least one event'
    throw new Refused(400, `${pointer} ${message}.`.trim(), { faults: [{ pointer, message }] })
  }
  return { events, pointer: (position) => `${pointer}/${position}`, sentMs }
}
