import type { Position, StoredRecord } from '../../ports/event-log.ts'

/** What one assigned partition has fetched and not yet given out. */
export interface PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Offset that the next fetch begins at. */
  nextOffset: number
  paused: boolean
  /** False once the partition is no longer this member's. */
  held: boolean
  records: StoredRecord[]
  /** How many of `records` were given out. */
  taken: number
}

/** The fetched records of the assigned partitions, given out in turns so that a busy one starves no other. */
export class PartitionQueues {
  #queues: PartitionQueue[] = []
  readonly #byPlace = new Map<string, PartitionQueue>()
  #turn = 0
  #buffered = 0

  /** Records fetched and not given out. */
  get buffered(): number {
    return this.#buffered
  }

  get all(): readonly PartitionQueue[] {
    return this.#queues
  }

  get(topic: string, partition: number): PartitionQueue | undefined {
    return this.#byPlace.get(`${topic}/${partition}`)
  }

  add({ topic, partition, offset }: Position): void {
    const queue = {
      topic,
      partition,
      nextOffset: offset,
      paused: false,
      held: true,
      records: [],
      taken: 0,
    }
    this.#queues.push(queue)
    this.#byPlace.set(`${topic}/${partition}`, queue)
  }

  /** Drops the partitions that are not kept, with what was fetched of them. */
  keepOnly(keep: (topic: string, partition: number) => boolean): void {
    this.#queues = this.#queues.filter((queue) => {
      if (keep(queue.topic, queue.partition)) return true
      queue.held = false
      this.#buffered -= queue.records.length - queue.taken
      this.#byPlace.delete(`${queue.topic}/${queue.partition}`)
      return false
    })
  }

  push(queue: PartitionQueue, records: StoredRecord[]): void {
    queue.records = queue.taken === queue.records.length ? records : queue.records.concat(records)
    if (queue.records === records) queue.taken = 0
    this.#buffered += records.length
  }

  /** Drops what the partition has fetched and not given out. */
  clear(queue: PartitionQueue): void {
    if (queue.held) this.#buffered -= queue.records.length - queue.taken
    queue.records = []
    queue.taken = 0
  }

  /** At most `limit` records: an equal share of each partition first, then what is left over. */
  take(limit: number): StoredRecord[] {
    const out: StoredRecord[] = []
    let ready = this.#ready()
    while (ready.length > 0 && out.length < limit) {
      const share = Math.max(1, Math.floor((limit - out.length) / ready.length))
      const more: PartitionQueue[] = []
      for (const queue of ready) {
        const { records, taken } = queue
        const end = Math.min(records.length, taken + Math.min(share, limit - out.length))
        for (let i = taken; i < end; i++) out.push(records[i]!)
        queue.taken = end
        if (end < records.length) more.push(queue)
      }
      ready = more
    }
    this.#buffered -= out.length
    return out
  }

  /** The partitions with records to give, each call beginning with another one. */
  #ready(): PartitionQueue[] {
    const ready: PartitionQueue[] = []
    const count = this.#queues.length
    for (let i = 0; i < count; i++) {
      const queue = this.#queues[(this.#turn + i) % count]!
      if (queue.taken < queue.records.length && !queue.paused) ready.push(queue)
    }
    if (count > 0) this.#turn = (this.#turn + 1) % count
    return ready
  }
}
