import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HnswGraph } from './hnsw-graph.ts'
import type { IndexState } from './vector-store.ts'

/** Changes whenever graphs are built in another way. */
const FORMAT = 2

/**
 * Built graphs as files, so that the next thread or process loads one instead of building it anew. A file's
 * name says of which index, which incarnation of it and which change number it is, and how long the file
 * must be; losing one loses time only.
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
    let path = ''
    for (const name of readdirSync(this.#directory)) {
      const [sequence = -1, bytes] = name.startsWith(prefix)
        ? name.slice(prefix.length).split('-').map(Number.parseFloat)
        : []
      if (sequence > state.sequence || sequence <= newest || !isGraph(join(this.#directory, name), bytes))
        continue
      newest = sequence
      path = join(this.#directory, name)
    }
    if (newest < 0) return null
    graph.load(path)
    return newest
  }

  /** Saves a graph and removes the index's older ones. */
  save(index: string, state: IndexState, graph: HnswGraph): void {
    const unfinished = join(this.#directory, `${crypto.randomUUID()}.tmp`)
    graph.save(unfinished)
    const name = `${prefixOf(index, state)}${state.sequence}-${statSync(unfinished).size}${SUFFIX}`
    renameSync(unfinished, join(this.#directory, name))
    const family = `${encodeURIComponent(index)}@`
    for (const other of readdirSync(this.#directory)) {
      if (other.startsWith(family) && other !== name) rmSync(join(this.#directory, other), { force: true })
    }
  }
}

/**
 * True for a whole file: usearch takes what a file says of its size on trust, and a spoilt one makes it ask
 * for all the memory there is. Its files begin with the number of vectors and the bytes of each.
 */
function isGraph(path: string, bytes: number | undefined): boolean {
  const head = new Uint32Array(2)
  try {
    if (statSync(path).size !== bytes) return false
    const file = openSync(path, 'r')
    try {
      readSync(file, head, 0, head.byteLength, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    // Another thread has just replaced it: as good as not there.
    return false
  }
  const vectorBytes = head[0]! * head[1]!
  return vectorBytes > 0 && vectorBytes < bytes
}

const SUFFIX = '.usearch'

function prefixOf(index: string, state: IndexState): string {
  return `${encodeURIComponent(index)}@${state.incarnation}.${FORMAT}.`
}
