import type { AppendResult } from '../../ports/event-log.ts'
import type { PlacedBatch } from './kafka-client.ts'
import { Wakeup } from './kafka-wakeup.ts'

/** What became of one partition's records of a send. */
export type PartitionOutcome =
  | { readonly baseOffset: number }
  | { readonly error: Error; readonly indeterminate: boolean }

/** What became of a send, by topic and partition. */
export type SendOutcome = (topic: string, partition: number) => PartitionOutcome

/** Sends batches in one request of each broker; rejects when nothing of them was sent. */
export type Send = (batches: readonly PlacedBatch[]) => Promise<SendOutcome>

interface Waiting {
  readonly batch: PlacedBatch
  readonly bytes: number
  readonly sinceMs: number
  readonly signal: AbortSignal | undefined
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/** With this many bytes waiting there is nothing to gain by waiting for more. */
const ENOUGH_BYTES = 64 * 1024
/** Bytes of batches that are sent together; one that is larger is sent alone. */
const SEND_BYTES = 1024 * 1024
const RECORD_OVERHEAD_BYTES = 40

/**
 * One send under way at a time, and whatever is appended meanwhile goes with the next one: an idempotent producer
 * numbers the records of a partition, and those numbers must arrive in order.
 */
export class KafkaAppender {
  readonly #send: Send
  readonly #lingerMs: number
  readonly #enough = new Wakeup()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #running: Promise<void> | null = null

  /** @param lingerMs how long an append waits for others to go with it, ms: every request costs, whatever its size */
  constructor(send: Send, lingerMs: number) {
    this.#send = send
    this.#lingerMs = lingerMs
  }

  append(batch: PlacedBatch, signal?: AbortSignal): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const bytes = bytesOf(batch)
      this.#waiting.push({ batch, bytes, sinceMs: performance.now(), signal, resolve, reject })
      this.#waitingBytes += bytes
      if (this.#waitingBytes >= ENOUGH_BYTES) this.#enough.notify()
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // What is appended in the same turn goes together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#linger()
      const next = this.#take()
      if (next.length > 0) await this.#sendAll(next)
    }
    this.#running = null
  }

  async #linger(): Promise<void> {
    for (;;) {
      const leftMs = this.#waiting[0]!.sinceMs + this.#lingerMs - performance.now()
      if (leftMs <= 0 || this.#waitingBytes >= ENOUGH_BYTES) return
      await this.#enough.wait(Math.ceil(leftMs))
    }
  }

  #take(): Waiting[] {
    for (const { signal, reject } of this.#waiting) if (signal?.aborted) reject(signal.reason)
    const waiting = this.#waiting.filter(({ signal }) => !signal?.aborted)
    let bytes = 0
    let count = 0
    while (count < waiting.length && (count === 0 || bytes + waiting[count]!.bytes <= SEND_BYTES)) {
      bytes += waiting[count++]!.bytes
    }
    this.#waiting = waiting.slice(count)
    this.#waitingBytes = this.#waiting.reduce((sum, one) => sum + one.bytes, 0)
    return waiting.slice(0, count)
  }

  async #sendAll(waiting: readonly Waiting[]): Promise<void> {
    try {
      const outcome = await this.#send(waiting.map(({ batch }) => batch))
      const taken = new Map<string, number[]>()
      for (const { batch, resolve } of waiting) resolve(resultOf(batch, outcome, taken))
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}

/** @param taken by topic and partition: records of the same send that come before this batch's */
function resultOf(batch: PlacedBatch, outcome: SendOutcome, taken: Map<string, number[]>): AppendResult {
  const { topic, partitions } = batch
  const offsets = new Float64Array(partitions.length)
  const failures: { position: number; error: Error; indeterminate: boolean }[] = []
  const before = taken.get(topic) ?? []
  taken.set(topic, before)
  const outcomes: (PartitionOutcome | undefined)[] = []
  for (let i = 0; i < partitions.length; i++) {
    const partition = partitions[i]!
    outcomes[partition] ??= outcome(topic, partition)
    const found = outcomes[partition]
    const place = before[partition] ?? 0
    before[partition] = place + 1
    if ('baseOffset' in found) offsets[i] = found.baseOffset + place
    else {
      offsets[i] = -1
      failures.push({ position: i, ...found })
    }
  }
  return failures.length === 0 ? { partitions, offsets } : { partitions, offsets, failures }
}

function bytesOf({ records }: PlacedBatch): number {
  let bytes = 0
  for (let i = 0; i < records.length; i++) {
    bytes += RECORD_OVERHEAD_BYTES + records[i]!.key.length + records[i]!.value.length
  }
  return bytes
}
