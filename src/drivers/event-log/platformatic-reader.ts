import type { Position, StoredRecord } from '../../ports/event-log.ts'
import type { KafkaAdmin } from './kafka-admin.ts'
import { unavailable } from './kafka-errors.ts'
import type { KafkaSettings } from './kafka-options.ts'
import { type Fetched, type FetchLimits, isOutOfRange, PlatformaticFetch } from './platformatic-fetch.ts'

const LIMITS: FetchLimits = {
  maxWaitMs: 1,
  minBytes: 1,
  maxBytes: 8 * 1024 * 1024,
  partitionBytes: 8 * 1024 * 1024,
}

/** Reads single partitions outside any group, for every client of the driver. */
export class PlatformaticReader {
  readonly #admin: KafkaAdmin
  readonly #fetch: PlatformaticFetch
  /** One read after another: each may go on with what the one before brought. */
  #last: Promise<unknown> = Promise.resolve()
  /** What the last fetch brought beyond what was asked for: sequential reads go on with it. */
  #rest: Fetched | null = null

  constructor(admin: KafkaAdmin, settings: KafkaSettings) {
    this.#admin = admin
    this.#fetch = new PlatformaticFetch(settings)
  }

  /** At most `maxRecords` from a position; begins at the first offset still kept where that is later. */
  read(from: Position, maxRecords: number): Promise<StoredRecord[]> {
    const read = this.#last.then(() => this.#read(from, maxRecords))
    this.#last = read.catch(() => undefined)
    return read
  }

  async close(): Promise<void> {
    await this.#last
    await this.#fetch.close()
  }

  async #read({ topic, partition, offset }: Position, maxRecords: number): Promise<StoredRecord[]> {
    const out: StoredRecord[] = []
    let at = offset
    while (out.length < maxRecords) {
      const fetched =
        this.#continued(topic, partition, at) ?? (await this.#fetchFrom({ topic, partition, offset: at }))
      const taken = fetched.records.slice(0, maxRecords - out.length)
      out.push(...taken)
      const rest = fetched.records.slice(taken.length)
      this.#rest = rest.length > 0 ? { ...fetched, records: rest } : null
      at = rest[0]?.offset ?? fetched.nextOffset
      if (at >= fetched.endOffset) break
    }
    return out
  }

  #continued(topic: string, partition: number, offset: number): Fetched | null {
    const rest = this.#rest
    const fits = rest?.topic === topic && rest.partition === partition && rest.records[0]!.offset === offset
    return fits ? rest : null
  }

  async #fetchFrom(from: Position): Promise<Fetched> {
    const nothing = { ...from, records: [], nextOffset: from.offset, endOffset: from.offset }
    try {
      const [[node]] = (await this.#fetch.leaders([from])) as unknown as [[number]]
      return (await this.#fetch.fetch(node, [from], LIMITS))[0] ?? nothing
    } catch (error) {
      this.#fetch.forgetLeaders()
      if (!isOutOfRange(error)) throw unavailable(`reading ${from.topic}/${from.partition}`, error)
      const { earliest } = (await this.#admin.offsets(from.topic))[from.partition]!
      // Behind the end there is nothing; before the first offset, that is where the partition begins.
      return from.offset < earliest ? { ...nothing, nextOffset: earliest, endOffset: earliest + 1 } : nothing
    }
  }
}
