import type { Consumer } from '../../ports/event-log.ts'
import type { StageName } from '../stage-table.ts'

/** Knows which partitions each stage has, and says so when that changes. */
export class AssignmentWatch {
  readonly #log: (line: string) => void
  readonly #consumers = new Map<StageName, Consumer>()
  readonly #shown = new Map<StageName, string>()

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  add(stage: StageName, consumer: Consumer): void {
    this.#consumers.set(stage, consumer)
  }

  /** All stages have left. */
  clear(): void {
    this.#consumers.clear()
  }

  /** Number of partitions by stage; changes since the last call are logged. */
  counts(): Partial<Record<StageName, number>> {
    const counts: Partial<Record<StageName, number>> = {}
    for (const [stage, consumer] of this.#consumers) {
      const partitions = consumer.assignment().map(({ partition }) => partition)
      counts[stage] = partitions.length
      this.#show(stage, partitions.toSorted((a, b) => a - b).join(', '))
    }
    return counts
  }

  #show(stage: StageName, partitions: string): void {
    if ((this.#shown.get(stage) ?? '') === partitions) return
    this.#shown.set(stage, partitions)
    this.#log(`${stage}: ${partitions === '' ? 'no partitions' : `partitions ${partitions}`}`)
  }
}
