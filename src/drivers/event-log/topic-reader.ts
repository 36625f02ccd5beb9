import type { StoredRecord } from '../../ports/event-log.ts'
import type { PartitionReader } from './partition-reader.ts'
import type { Heads, StoredTopic, TopicStore } from './topic-store.ts'

/** Reads the assigned partitions of one topic in turns, so that a busy one cannot starve the others. */
export class TopicReader {
  readonly topic: StoredTopic
  readonly #topics: TopicStore
  readonly #heads: Heads
  readonly #paused = new Set<number>()
  #readers: PartitionReader[] = []
  #turn = 0

  constructor(topics: TopicStore, topic: StoredTopic) {
    this.topic = topic
    this.#topics = topics
    this.#heads = topics.heads(topic)
  }

  get name(): string {
    return this.topic.name
  }

  partitions(): number[] {
    return this.#readers.map((reader) => reader.partition).sort((a, b) => a - b)
  }

  has(partition: number): boolean {
    return this.#readers.some((reader) => reader.partition === partition)
  }

  add(reader: PartitionReader): void {
    this.#readers.push(reader)
  }

  keepOnly(partitions: ReadonlySet<number>): void {
    this.#readers = this.#readers.filter((reader) => partitions.has(reader.partition))
    for (const partition of this.#paused) if (!partitions.has(partition)) this.#paused.delete(partition)
  }

  pause(partition: number): void {
    if (this.has(partition)) this.#paused.add(partition)
  }

  resume(partition: number): void {
    this.#paused.delete(partition)
  }

  /** Appends at most `limit` records to `out`: first an equal share of each partition, then what is left over. */
  take(limit: number, out: StoredRecord[]): void {
    const heads = this.#topics.refresh(this.topic, this.#heads)
    let ready = this.#ready(heads)
    const end = out.length + limit
    while (ready.length > 0 && out.length < end) {
      const share = Math.max(1, Math.floor((end - out.length) / ready.length))
      const more: PartitionReader[] = []
      for (const reader of ready) {
        const taken = reader.take(heads, Math.min(share, end - out.length), out)
        if (taken > 0 && reader.hasMore(heads)) more.push(reader)
      }
      ready = more
    }
  }

  /** The partitions with records to read, each call beginning with another one. */
  #ready(heads: Heads): PartitionReader[] {
    const ready: PartitionReader[] = []
    const count = this.#readers.length
    for (let i = 0; i < count; i++) {
      const reader = this.#readers[(this.#turn + i) % count]!
      if (reader.hasMore(heads) && !this.#paused.has(reader.partition)) ready.push(reader)
    }
    if (ready.length > 0) this.#turn = (this.#turn + 1) % count
    return ready
  }
}
