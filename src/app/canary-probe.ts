import { formatTraceId, runTag } from '../domain/trace-id.ts'
import { CanarySource, canaryUserOf } from '../load/canary-source.ts'
import type { CollectorClient } from '../load/collector-client.ts'
import type { EventBatch } from '../load/event-batch.ts'
import { FirstPoll } from '../load/first-poll.ts'
import { followCanary } from '../load/http-canary.ts'
import { HttpClient } from '../load/http-client.ts'
import { type HttpTarget, parseTarget } from '../load/http-target.ts'
import { OUTCOME } from '../load/in-flight.ts'
import { Pacer } from '../load/pacer.ts'
import { runLoad } from '../load/run-load.ts'
import type { LatencyRecorder } from '../measure/latency-recorder.ts'
import type { LedgerWriter } from '../measure/ledger-writer.ts'
import type { EventLog } from '../ports/event-log.ts'
import { catalogueOf } from './catalogue.ts'
import { openClient } from './collector-way.ts'
import type { LabPlan } from './lab-plan.ts'
import { LabLoadObserver } from './load-observer.ts'

export interface CanaryTally {
  readonly sent: number
  readonly seen: number
  readonly lost: number
  /** What the last poll of the first lost canary saw. */
  readonly firstLost: string | null
}

export interface CanaryRun {
  readonly originUs: number
  readonly recorder: LatencyRecorder
  readonly ledger: LedgerWriter
  readonly signal: AbortSignal
}

/** Where canaries are sent to, and looked for. */
export interface CanaryPlaces {
  /** The recommendation service. */
  readonly url: string
  readonly log: EventLog
  /** The collector; null where canaries go straight to the log. */
  readonly collector: string | null
}

/** Canary posts under way. */
const MOST_POSTED = 1024

/** Sends canary actions and follows each until a recommendation reflects it. */
export class CanaryProbe {
  readonly #plan: LabPlan
  readonly #log: EventLog
  /** Null where canaries go straight to the log. */
  readonly #client: CollectorClient | null
  readonly #target: HttpTarget
  readonly #source: CanarySource | null

  private constructor(
    plan: LabPlan,
    target: HttpTarget,
    parts: { log: EventLog; client: CollectorClient | null; source: CanarySource | null },
  ) {
    this.#plan = plan
    this.#target = target
    this.#log = parts.log
    this.#client = parts.client
    this.#source = parts.source
  }

  static async open(plan: LabPlan, { url, log, collector }: CanaryPlaces): Promise<CanaryProbe> {
    const { scenario } = plan
    const client = collector === null ? null : await openClient(plan, collector)
    const target = parseTarget(`${url}/v1/users/{userId}/recommendations?limit=${scenario.load.reads.limit}`)
    const products = await catalogueOf(plan)
    const source =
      scenario.load.canaries.tps > 0
        ? new CanarySource(scenario, {
            products,
            schemaIds: plan.schemaIds,
            format: client === null ? 'avro' : 'json',
          })
        : null
    return new CanaryProbe(plan, target, { log, client, source })
  }

  async run({ originUs, recorder, ledger, signal }: CanaryRun): Promise<CanaryTally> {
    const tally = { sent: 0, seen: 0, lost: 0, firstLost: null as string | null }
    if (this.#source === null) {
      this.#client?.close()
      return tally
    }
    const { pollMs, timeoutMs } = this.#plan.scenario.load.canaries
    const client = new HttpClient(this.#target)
    const sends = new LabLoadObserver(recorder, ledger)
    const freshness = recorder.measure('freshness')
    const firstPoll = new FirstPoll()
    const followed: Promise<void>[] = []
    const follow = async (sequence: number, dueUs: number, sendUs: number): Promise<void> => {
      const canary = this.#canary(sequence, { originUs, dueUs })
      const outcome = await followCanary(canary, {
        ...{ client, pollMs, timeoutMs, signal },
        firstPollUs: firstPoll.ageUs,
      })
      if (outcome.outcome === 'seen') {
        tally.seen++
        firstPoll.seen(outcome.freshnessUs)
        freshness.done(dueUs, outcome.doneUs, sendUs)
      } else if (outcome.outcome === 'lost') {
        tally.lost++
        tally.firstLost ??= `${canary.traceId}: ${outcome.reason}`
        freshness.failed(dueUs)
      }
    }
    await runLoad({
      sources: [this.#source],
      append: (topic, records) => this.#client?.append(records) ?? this.#log.append(topic, records),
      // A request holds one sender's events: canaries are posted one by one.
      ...(this.#client === null ? {} : { batchEvents: 1, maxInFlight: MOST_POSTED, slabBytes: 0 }),
      originUs,
      signal,
      // This thread's event loop also serves the polls.
      pacer: new Pacer({ shared: true }),
      observer: {
        sending: (source, batch) => sends.sending(source, batch),
        settled: (source, batch) => {
          sends.settled(source, batch)
          this.#followBatch(batch, (sequence, dueUs) => {
            tally.sent++
            followed.push(follow(sequence, dueUs, batch.sendUs))
          })
        },
      },
    })
    await Promise.all(followed)
    this.#client?.close()
    client.close()
    return tally
  }

  #followBatch(batch: EventBatch, each: (sequence: number, dueUs: number) => void): void {
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] === OUTCOME.acknowledged)
        each(batch.sequences[i]!, batch.originUs + batch.dueUs[i]!)
    }
  }

  #canary(sequence: number, { originUs, dueUs }: { originUs: number; dueUs: number }) {
    const { seed, startsAtMs, load } = this.#plan.scenario
    const tag = runTag(seed, 'canary')
    const timestampMs = startsAtMs + Math.floor((dueUs - originUs) / 1e3)
    const path = this.#target.pathFor(canaryUserOf(sequence, load.canaries.users))
    return { path, traceId: formatTraceId(timestampMs, tag, sequence), tag, dueUs }
  }
}
