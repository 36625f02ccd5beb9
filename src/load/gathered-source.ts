import type { TopicName } from '../domain/topics.ts'
import type { Stream } from '../domain/trace-id.ts'
import { EventBatch } from './event-batch.ts'
import type { EventSource } from './event-source.ts'
import { senderOf } from './sender-of.ts'

export interface GatherOptions {
  readonly senders: number
  /** Most events of one batch. */
  readonly batch: number
  /** A batch is closed this long after its first event was due, full or not. */
  readonly waitUs: number
}

/** Where a closed batch is, and when it was closed. */
interface Closed {
  readonly batch: EventBatch
  readonly readyUs: number
}

/**
 * The events of a source in batches by sender, as each sender would gather them: a batch is due when it is full,
 * or when its first event has waited long enough. What is in which batch follows from the schedule alone, never
 * from how fast batches are taken. `fill` gives one batch a call; its events keep their own due times.
 */
export class GatheredSource implements EventSource {
  readonly stream: Stream
  readonly topic: TopicName
  readonly #source: EventSource
  readonly #options: GatherOptions
  readonly #one = new EventBatch(1, 0, 1024)
  /** By sender: what it is gathering; null for nothing. */
  readonly #open: (EventBatch | null)[]
  /** By sender: how many batches it has begun. */
  readonly #rounds: Uint32Array
  /** Batches in the order in which they began, which is that of `closeUs`; some were closed before. */
  readonly #begun: { readonly sender: number; readonly round: number; readonly closeUs: number }[] = []
  readonly #closed: Closed[] = []
  readonly #spare: EventBatch[] = []

  constructor(source: EventSource, options: GatherOptions) {
    this.stream = source.stream
    this.topic = source.topic
    this.#source = source
    this.#options = options
    this.#rounds = new Uint32Array(options.senders)
    this.#open = new Array<EventBatch | null>(options.senders).fill(null)
  }

  peekDueUs(): number {
    while (this.#closed.length === 0) {
      const nextUs = this.#source.peekDueUs()
      const oldest = this.#begun[0]
      if (oldest !== undefined && oldest.closeUs <= nextUs) this.#closeOldest()
      else if (nextUs === Infinity) return Infinity
      else this.#take(nextUs)
    }
    return this.#closed[0]!.readyUs
  }

  fill(batch: EventBatch, untilUs: number): number {
    if (this.peekDueUs() > untilUs) return 0
    const { batch: gathered, readyUs } = this.#closed.shift()!
    for (let i = 0; i < gathered.count; i++) {
      const { key, value } = gathered.records[i]!
      batch.reserve(value.length)
      batch.slab.set(value, batch.used)
      batch.addWritten(key, batch.used + value.length, gathered.dueUs[i]!, gathered.sequences[i]!)
    }
    batch.readyUs = readyUs
    gathered.clear()
    this.#spare.push(gathered)
    return batch.count
  }

  /** Puts the source's next event into its sender's batch. */
  #take(dueUs: number): void {
    const one = this.#one
    one.clear()
    this.#source.fill(one, dueUs)
    const { key, value } = one.records[0]!
    const sender = senderOf(key, this.#options.senders)
    const batch = this.#open[sender] ?? this.#begin(sender, dueUs)
    batch.reserve(value.length)
    batch.slab.set(value, batch.used)
    batch.addWritten(key, batch.used + value.length, dueUs, one.sequences[0]!)
    if (batch.full) this.#close(sender, dueUs)
  }

  #begin(sender: number, dueUs: number): EventBatch {
    const batch = this.#spare.pop() ?? new EventBatch(this.#options.batch, 0, 1024)
    this.#open[sender] = batch
    const round = ++this.#rounds[sender]!
    if (this.#options.batch > 1) this.#begun.push({ sender, round, closeUs: dueUs + this.#options.waitUs })
    return batch
  }

  #closeOldest(): void {
    const { sender, round, closeUs } = this.#begun.shift()!
    if (this.#open[sender] !== null && this.#rounds[sender] === round) this.#close(sender, closeUs)
  }

  #close(sender: number, readyUs: number): void {
    this.#closed.push({ batch: this.#open[sender]!, readyUs })
    this.#open[sender] = null
  }
}
