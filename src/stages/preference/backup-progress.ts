import { PREFERENCE_PROGRESS_INDEX } from '../../domain/indexes.ts'
import type { DocumentIndex, DocumentIndexSpec } from '../../ports/document-index.ts'

/** How far each partition's preferences are backed up, one document a partition. */
export const PROGRESS_INDEX_SPEC: DocumentIndexSpec = {
  index: PREFERENCE_PROGRESS_INDEX,
  lookups: [],
  time: 'updatedAt',
}

/** Between two savings, ms: so much more of the log is read again after a crash. */
const SAVE_MS = 5000

/**
 * The offset of each partition before which every action is in the backup of its user, or has moved nothing. It
 * is kept beside the backup, where it outlives the key-value store.
 */
export class BackupProgress {
  readonly #documents: DocumentIndex
  readonly #saved = new Map<number, number>()
  #dueMs = 0

  constructor(documents: DocumentIndex) {
    this.#documents = documents
  }

  /** By position; 0 where nothing was saved. */
  async load(partitions: readonly number[]): Promise<readonly number[]> {
    const found = await this.#documents.getMany(PREFERENCE_PROGRESS_INDEX, partitions.map(String))
    return partitions.map((partition, i) => {
      const offset = found[i]?.offset
      const saved = typeof offset === 'number' ? offset : 0
      this.#saved.set(partition, saved)
      return saved
    })
  }

  /** True where it is time to save again. */
  get due(): boolean {
    return performance.now() >= this.#dueMs
  }

  /** Saves what has changed. */
  async save(offsets: ReadonlyMap<number, number>): Promise<void> {
    const updatedAt = Date.now()
    const changed = [...offsets].filter(([partition, offset]) => this.#saved.get(partition) !== offset)
    this.#dueMs = performance.now() + SAVE_MS
    if (changed.length === 0) return
    await this.#documents.upsertMany(
      PREFERENCE_PROGRESS_INDEX,
      changed.map(([partition, offset]) => ({
        id: String(partition),
        fields: { partition, offset, updatedAt },
      })),
    )
    for (const [partition, offset] of changed) this.#saved.set(partition, offset)
  }
}
