import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HnswGraph } from './hnsw-graph.ts'
import type { IndexState } from './vector-store.ts'

/** Changes whenever graphs are built in another way. */
const FORMAT = 1

/**
 * Built graphs as files, so that the next thread or process loads one instead of building it anew. A file's
 * name says of which index, which incarnation of it and which change number it is; losing one loses time only.
 */
export class GraphCache {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
  }

  /** Loads the newest graph of the index that is not ahead of `state`; returns its change number, or null. */
  load(index: string, state: IndexState, graph: HnswGraph): number | null {
    const prefix = prefixOf(index, state)
    let newest = -1
    for (const name of readdirSync(this.#directory)) {
      const sequence = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : -1
      if (sequence <= state.sequence && sequence > newest) newest = sequence
    }
    if (newest < 0) return null
    const path = this.#pathOf(index, state, newest)
    try {
      graph.load(path)
      return newest
    } catch {
      // Cut short or of a foreign version: the caller builds a graph as if there were no file.
      rmSync(path, { force: true })
      return null
    }
  }

  /** Saves a graph and removes the index's older ones. */
  save(index: string, state: IndexState, graph: HnswGraph): void {
    const path = this.#pathOf(index, state, state.sequence)
    const unfinished = `${path}.${process.pid}.${crypto.randomUUID()}.tmp`
    graph.save(unfinished)
    renameSync(unfinished, path)
    const family = `${encodeURIComponent(index)}@`
    for (const name of readdirSync(this.#directory)) {
      const other = join(this.#directory, name)
      if (name.startsWith(family) && name.endsWith(SUFFIX) && other !== path) rmSync(other, { force: true })
    }
  }

  #pathOf(index: string, state: IndexState, sequence: number): string {
    return join(this.#directory, `${prefixOf(index, state)}${sequence}${SUFFIX}`)
  }
}

const SUFFIX = '.usearch'

function prefixOf(index: string, state: IndexState): string {
  return `${encodeURIComponent(index)}@${state.incarnation}.${FORMAT}.`
}
