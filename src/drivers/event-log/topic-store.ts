import type { Database } from 'lmdb'
import { RepError } from '../../errors/rep-error.ts'
import type { PartitionOffsets } from '../../ports/event-log.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed } from '../lmdb-keys.ts'

/** A topic as the log stores it. */
export interface StoredTopic {
  readonly name: string
  readonly id: number
  readonly partitions: number
  readonly headsKey: Buffer
}

const HEAD_BYTES = 24

/** Next offset, first kept offset and stored bytes of every partition of a topic: one small record. */
export class Heads {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  next(partition: number): number {
    return this.#bytes.readDoubleLE(partition * HEAD_BYTES)
  }

  earliest(partition: number): number {
    return this.#bytes.readDoubleLE(partition * HEAD_BYTES + 8)
  }

  storedBytes(partition: number): number {
    return this.#bytes.readDoubleLE(partition * HEAD_BYTES + 16)
  }

  appended(partition: number, records: number, bytes: number): void {
    this.#bytes.writeDoubleLE(this.next(partition) + records, partition * HEAD_BYTES)
    this.#bytes.writeDoubleLE(this.storedBytes(partition) + bytes, partition * HEAD_BYTES + 16)
  }

  dropped(partition: number, records: number, bytes: number): void {
    this.#bytes.writeDoubleLE(this.earliest(partition) + records, partition * HEAD_BYTES + 8)
    this.#bytes.writeDoubleLE(this.storedBytes(partition) - bytes, partition * HEAD_BYTES + 16)
  }
}

/** The topics of a log and the heads of their partitions. */
export class TopicStore {
  readonly #topics: Database<Uint8Array, Uint8Array>
  readonly #heads: Database<Uint8Array, Uint8Array>
  readonly #log: LmdbEnvironment['log']
  readonly #known = new Map<string, StoredTopic>()

  constructor(environment: LmdbEnvironment) {
    this.#log = environment.log
    this.#topics = openBinaryKeyed(environment.log, 'topics')
    this.#heads = openBinaryKeyed(environment.log, 'heads')
  }

  /** Creates a topic, or checks that it exists with this number of partitions (else throws REP_LOG_TOPIC). */
  ensure(name: string, partitions: number): void {
    this.#log.transact(() => {
      const found = this.#load(name)
      if (found !== undefined) {
        if (found.partitions === partitions) return
        throw new RepError(
          'REP_LOG_TOPIC',
          `Topic ${name} has ${found.partitions} partitions, but ${partitions} are asked for. Use another data directory, or ask for ${found.partitions}.`,
        )
      }
      const description = Buffer.alloc(4)
      const id = this.#topics.getKeysCount()
      description.writeUInt16BE(id, 0)
      description.writeUInt16BE(partitions, 2)
      this.#topics.putSync(Buffer.from(name), description)
      this.#heads.putSync(description.subarray(0, 2), Buffer.alloc(partitions * HEAD_BYTES))
    })
  }

  /** The topic; throws REP_LOG_TOPIC where there is none of this name. */
  get(name: string): StoredTopic {
    const known = this.#known.get(name) ?? this.#load(name)
    if (known !== undefined) return known
    throw new RepError('REP_LOG_TOPIC', `There is no topic ${name}. Create it with ensureTopics first.`)
  }

  /** The topic's heads as they are now, in memory of their own. */
  heads(topic: StoredTopic): Heads {
    return this.refresh(topic, new Heads(Buffer.allocUnsafe(topic.partitions * HEAD_BYTES)))
  }

  /** Brings heads of the topic up to date; returns them. */
  refresh(topic: StoredTopic, heads: Heads): Heads {
    this.#heads.getBinaryFast(topic.headsKey)!.copy(heads.bytes, 0, 0, heads.bytes.length)
    return heads
  }

  /** Stores changed heads; only inside the transaction that read them. */
  putHeads(topic: StoredTopic, heads: Heads): void {
    this.#heads.putSync(topic.headsKey, heads.bytes)
  }

  offsets(topic: StoredTopic): PartitionOffsets[] {
    const heads = this.heads(topic)
    return Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: topic.name,
      partition,
      earliest: heads.earliest(partition),
      latest: heads.next(partition),
    }))
  }

  #load(name: string): StoredTopic | undefined {
    const bytes = this.#topics.getBinary(Buffer.from(name))
    if (bytes === undefined) return undefined
    const headsKey = Buffer.from(bytes.subarray(0, 2))
    const topic = { name, id: bytes.readUInt16BE(0), partitions: bytes.readUInt16BE(2), headsKey }
    this.#known.set(name, topic)
    return topic
  }
}
