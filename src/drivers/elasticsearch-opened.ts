import type { ElasticsearchClient } from './elasticsearch-client.ts'
import { countIndex, type IndexMapping, readMapping, refreshIndex } from './elasticsearch-indexes.ts'

/** What a driver knows of indexes from their mappings, each read once. */
export class OpenedIndexes<T> {
  readonly #client: ElasticsearchClient
  readonly #read: (index: string, mapping: IndexMapping | null) => T
  readonly #known = new Map<string, T>()

  /** @param read makes of a mapping what the driver knows; throws where there is no such index */
  constructor(client: ElasticsearchClient, read: (index: string, mapping: IndexMapping | null) => T) {
    this.#client = client
    this.#read = read
  }

  async open(index: string): Promise<T> {
    const known = this.#known.get(index)
    if (known !== undefined) return known
    return this.keep(index, this.#read(index, await readMapping(this.#client, index)))
  }

  keep(index: string, opened: T): T {
    this.#known.set(index, opened)
    return opened
  }

  forget(index: string): void {
    this.#known.delete(index)
  }

  async refresh(index: string): Promise<void> {
    await this.open(index)
    await refreshIndex(this.#client, index)
  }

  async count(index: string): Promise<number> {
    await this.open(index)
    return countIndex(this.#client, index)
  }

  clear(): void {
    this.#known.clear()
  }
}
