import { LOCAL_SCHEMA_IDS } from '../../domain/codec.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { partitionOf } from '../../kernel/hash.ts'
import type { EventBatch } from '../event-batch.ts'
import { type EventSource, type Shard, WHOLE } from '../event-source.ts'
import { dueTimes, type ReplayTiming } from './replay-schedule.ts'
import { TapeReader } from './tape-reader.ts'

const LOCAL_ID = LOCAL_SCHEMA_IDS['user.action.v1-value'].at(-1)!

/** Recorded actions from a tape, as fast as they happened or at a rate. Users are dealt to shards by hash. */
export class ReplaySource implements EventSource {
  readonly stream = 'action'
  readonly topic = USER_ACTION
  readonly #shard: Shard
  readonly #schemaId: number
  readonly #tape: TapeReader
  readonly #dueOf: ReturnType<typeof dueTimes>
  #dueUs = -1
  #sequence = -1

  /** `schemaId`: under which id the log's values name the schema; the tape has the local one. */
  constructor(
    tapeFile: string,
    timing: ReplayTiming,
    { shard = WHOLE, schemaId = LOCAL_ID }: { shard?: Shard; schemaId?: number } = {},
  ) {
    this.#shard = shard
    this.#schemaId = schemaId
    this.#tape = new TapeReader(tapeFile)
    this.#dueOf = dueTimes(timing)
  }

  peekDueUs(): number {
    if (this.#dueUs < 0) this.#advance()
    return this.#dueUs
  }

  fill(batch: EventBatch, untilUs: number): number {
    const before = batch.count
    for (let dueUs = this.peekDueUs(); dueUs <= untilUs && !batch.full; dueUs = this.#dueUs) {
      if (dueUs === Infinity) break
      this.#take(batch, dueUs)
      this.#advance()
    }
    return batch.count - before
  }

  #take(batch: EventBatch, dueUs: number): void {
    const { keyAndValue, keyBytes } = this.#tape
    batch.reserve(keyAndValue.length)
    const { slab, used } = batch
    slab.set(keyAndValue, used)
    batch.used = used + keyBytes
    // Behind the magic byte of Confluent's wire format.
    new DataView(slab.buffer).setUint32(batch.used + 1, this.#schemaId)
    const key = new Uint8Array(slab.buffer, used, keyBytes)
    batch.addWritten(key, used + keyAndValue.length, dueUs, this.#sequence)
  }

  /** Goes on to the next action of a user of this shard. */
  #advance(): void {
    do {
      if (!this.#tape.next()) {
        this.#tape.close()
        this.#dueUs = Infinity
        return
      }
      this.#sequence++
      this.#dueUs = this.#dueOf(this.#tape.timeMs)
    } while (!this.#isOwn())
  }

  #isOwn(): boolean {
    const { shard, shards } = this.#shard
    if (shards === 1) return true
    const { keyAndValue, keyBytes } = this.#tape
    return partitionOf(keyAndValue.subarray(0, keyBytes), shards) === shard
  }
}
