import { createCodec, type EventCodec, type SchemaIds } from '../../domain/codec.ts'
import { USER_ACTION, USER_CUSTOM } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import { badEvent, badRequest, type Refusal, refusedRequests, type Sender } from './bad-event.ts'
import { type Fault, MOST_EVENT_BYTES } from './click-event.ts'
import type { Collected } from './collected.ts'
import type { Intake } from './intake.ts'
import { type Place, readClickEvent } from './read-click-event.ts'

/** What became of one event, by its position in the request. */
export type ItemResult =
  /** It is durable. `event_id` is its trace id. */
  | { readonly status: 'accepted'; readonly event_id: string; readonly kind: 'action' | 'custom' }
  /** It is wrong; a bad-event record holds it. */
  | { readonly status: 'rejected'; readonly faults: readonly Fault[] }
  /** Neither log nor spool could take it: send it again. */
  | { readonly status: 'failed'; readonly event_id: string | null; readonly message: string }

/** Counts since the start. */
export interface CollectCounts {
  actions: number
  custom: number
  rejected: number
  failed: number
}

interface Item {
  readonly record: Collected
  readonly result: ItemResult
}

/** Turns events as they were sent into records, and answers when they are durable. */
export class Collector {
  readonly counts: CollectCounts = { actions: 0, custom: 0, rejected: 0, failed: 0 }
  readonly #codec: EventCodec
  readonly #intake: Intake

  constructor(intake: Intake, schemaIds: SchemaIds) {
    this.#intake = intake
    this.#codec = createCodec(schemaIds)
  }

  /** Takes events that stand at these pointers of a request; resolves with what became of each, in their order. */
  async collect(
    events: readonly unknown[],
    pointers: (position: number) => string,
    from: Sender & Pick<Place, 'skewMs'>,
  ): Promise<readonly ItemResult[]> {
    const items = events.map((event, i) => this.#read(event, pointers(i), from))
    const { errors } = await this.#intake.append(items.map(({ record }) => record))
    const results = items.map(({ result }) => result)
    await this.#account(results, errors, { events, from })
    for (const result of results) this.#count(result)
    return results
  }

  /** Keeps what a request was that could not be taken as a whole. */
  async refuse(refusal: Refusal, sender: Sender): Promise<void> {
    await this.#keep([badRequest(refusal, sender)])
  }

  /** Keeps how many requests were refused before they were read. */
  async refuseUnread(status: number, requests: number, sender: Sender): Promise<void> {
    await this.#keep([refusedRequests(status, requests, sender)])
  }

  #read(event: unknown, pointer: string, from: Sender & Pick<Place, 'skewMs'>): Item {
    const { receivedMs, skewMs } = from
    const reading = readClickEvent(event, { pointer, receivedMs, skewMs })
    if (reading.kind === 'bad') return rejected(event, reading.faults, from)
    const traceId = reading.kind === 'action' ? reading.action.traceId : reading.traceId
    const userId = reading.kind === 'action' ? reading.action.userId : reading.userId
    const value =
      reading.kind === 'action'
        ? this.#codec.encodeUserAction(reading.action)
        : Buffer.from(JSON.stringify(reading.event))
    if (value.length > MOST_EVENT_BYTES) {
      const message = `makes ${value.length} bytes; at most ${MOST_EVENT_BYTES} are taken`
      return rejected(event, [{ pointer, message }], from)
    }
    const topic = reading.kind === 'action' ? USER_ACTION : USER_CUSTOM
    return {
      record: { topic, key: Buffer.from(userId), value, receivedMs },
      result: { status: 'accepted', event_id: traceId, kind: reading.kind },
    }
  }

  /** Sets the results of what is not durable; an event that the log refused for good becomes a bad event. */
  async #account(
    results: ItemResult[],
    errors: ReadonlyMap<number, Error>,
    { events, from }: { readonly events: readonly unknown[]; readonly from: Sender },
  ): Promise<void> {
    const bad: Collected[] = []
    for (const [position, error] of errors) {
      const was = results[position]!
      const retryable = error instanceof RepError && error.retryable
      if (retryable || was.status !== 'accepted') {
        const event_id = was.status === 'accepted' ? was.event_id : null
        results[position] = { status: 'failed', event_id, message: error.message }
      } else {
        const item = rejected(events[position], [{ pointer: '', message: error.message }], from)
        results[position] = item.result
        bad.push(item.record)
      }
    }
    await this.#keep(bad)
  }

  async #keep(records: readonly Collected[]): Promise<void> {
    const { errors } = await this.#intake.append(records)
    for (const error of errors.values()) throw error
  }

  #count(result: ItemResult): void {
    if (result.status === 'rejected') this.counts.rejected++
    else if (result.status === 'failed') this.counts.failed++
    else if (result.kind === 'action') this.counts.actions++
    else this.counts.custom++
  }
}

function rejected(event: unknown, faults: readonly Fault[], from: Sender): Item {
  return { record: badEvent(event, faults, from), result: { status: 'rejected', faults } }
}
