import type { Position } from '../../ports/event-log.ts'

/** One record on its way; `finish` is for once. */
export interface Ticket {
  finish(): void
}

/** Records of one partition, from the time that it was assigned. */
class PartitionFrontier {
  /** Offsets in the order in which they were started, which is ascending; those before `#head` are done with. */
  #started: number[] = []
  #head = 0
  readonly #finished = new Set<number>()
  #next: number
  /** Next offset as it was last committed. */
  committed: number

  constructor(offset: number) {
    this.#next = offset
    this.committed = offset
  }

  start(offset: number): Ticket {
    this.#started.push(offset)
    return { finish: () => this.#finish(offset) }
  }

  /** Behind the last of the offsets that are finished without an unfinished one before them. */
  get next(): number {
    return this.#next
  }

  #finish(offset: number): void {
    this.#finished.add(offset)
    while (this.#head < this.#started.length && this.#finished.delete(this.#started[this.#head]!)) {
      this.#next = this.#started[this.#head]! + 1
      this.#head++
    }
    if (this.#head > 1024 && this.#head * 2 > this.#started.length) {
      this.#started = this.#started.slice(this.#head)
      this.#head = 0
    }
  }
}

/**
 * How far each partition of one topic may be committed while records finish in any order: never beyond one
 * that is unfinished.
 */
export class CommitFrontier {
  readonly #topic: string
  readonly #partitions = new Map<number, PartitionFrontier>()

  constructor(topic: string) {
    this.#topic = topic
  }

  /** Begins a partition anew at an offset; tickets from before do not move it any more. */
  begin(partition: number, offset: number): void {
    this.#partitions.set(partition, new PartitionFrontier(offset))
  }

  /** Notes a record; call in offset order within a partition. */
  start(partition: number, offset: number): Ticket {
    let frontier = this.#partitions.get(partition)
    if (frontier === undefined) {
      frontier = new PartitionFrontier(offset)
      this.#partitions.set(partition, frontier)
    }
    return frontier.start(offset)
  }

  /** Forgets the partitions that `isOwned` denies. */
  keepOnly(isOwned: (partition: number) => boolean): void {
    for (const partition of this.#partitions.keys()) {
      if (!isOwned(partition)) this.#partitions.delete(partition)
    }
  }

  /** What may be committed and is not yet. */
  due(): Position[] {
    const positions: Position[] = []
    for (const [partition, { next, committed }] of this.#partitions) {
      if (next > committed) positions.push({ topic: this.#topic, partition, offset: next })
    }
    return positions
  }

  /** Notes that these are committed. */
  committed(positions: readonly Position[]): void {
    for (const { partition, offset } of positions) {
      const frontier = this.#partitions.get(partition)
      if (frontier !== undefined) frontier.committed = offset
    }
  }
}
