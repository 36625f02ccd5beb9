import { randomUUID } from 'node:crypto'
import type { Database } from 'lmdb'
import { RepError } from '../../errors/rep-error.ts'
import { Scratch } from '../../kernel/scratch.ts'
import type {
  VectorAttributes,
  VectorIndexKind,
  VectorIndexSpec,
  VectorItem,
} from '../../ports/vector-index.ts'
import type { LmdbEnvironment } from '../lmdb-environment.ts'
import { openBinaryKeyed, openStringKeyed } from '../lmdb-keys.ts'
import { ChangeLog } from './change-log.ts'

/** What is stored of an index as a whole. */
export interface IndexState {
  readonly dims: number
  readonly kind: VectorIndexKind
  /** Made when the index was: tells it from another of its name in an earlier life of the directory. */
  readonly incarnation: string
  /** Vectors; they have row numbers from 0, which they keep. */
  readonly rows: number
  /** Number of the last change. */
  readonly sequence: number
}

/** One vector as it is stored. */
export interface StoredVector {
  readonly id: string
  readonly vector: Float32Array
  readonly attributes: VectorAttributes
}

const ROW_BYTES = 4

/** The vectors of one index in LMDB: the truth from which every thread builds what it searches in. */
export class VectorStore {
  readonly #name: string
  readonly #states: Database<Uint8Array, string>
  /** Id to row number. */
  readonly #ids: Database<Uint8Array, string>
  /** Row number (big-endian) to the vector's little-endian floats, then `[id, attributes]` as JSON. */
  readonly #rows: Database<Uint8Array, Uint8Array>
  readonly changes: ChangeLog
  readonly #key = Buffer.alloc(ROW_BYTES)
  readonly #scratch = new Scratch()

  constructor(environment: LmdbEnvironment, name: string) {
    this.#name = name
    this.#states = openStates(environment)
    this.#ids = openStringKeyed(environment.index, `vec.${name}.ids`)
    this.#rows = openBinaryKeyed(environment.index, `vec.${name}.rows`)
    this.changes = new ChangeLog(openBinaryKeyed(environment.index, `vec.${name}.changes`))
  }

  /** Throws REP_NOT_FOUND where the index was never made. */
  state(): IndexState {
    const state = readState(this.#states, this.#name)
    if (state === null) throw new RepError('REP_NOT_FOUND', `There is no vector index ${this.#name}.`)
    return state
  }

  /** Stores new vectors and replaces those whose id is known; call within a transaction. */
  upsert(items: readonly VectorItem[]): void {
    const state = this.state()
    const changed = new Uint32Array(items.length)
    let rows = state.rows
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!
      const known = this.#rowOf(item.id)
      const row = known ?? rows++
      if (known === null) this.#ids.putSync(item.id, this.#rowKey(row))
      this.#put(row, item)
      changed[i] = row
    }
    this.#advance(state, rows, { vectors: true, rows: changed })
  }

  /** Replaces the attributes of the ids that are known; call within a transaction. */
  updateAttributes(items: readonly Omit<VectorItem, 'vector'>[]): void {
    const state = this.state()
    const changed = new Uint32Array(items.length)
    let count = 0
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!
      const row = this.#rowOf(item.id)
      if (row === null) continue
      const { vector } = this.row(row, state.dims)
      this.#put(row, { id: item.id, vector, attributes: item.attributes })
      changed[count++] = row
    }
    if (count > 0) this.#advance(state, state.rows, { vectors: false, rows: changed.subarray(0, count) })
  }

  get(id: string, dims: number): StoredVector | null {
    const row = this.#rowOf(id)
    return row === null ? null : this.row(row, dims)
  }

  row(row: number, dims: number): StoredVector {
    const stored = this.#rows.getBinaryFast(this.#rowKey(row))
    if (stored === undefined) {
      throw new RepError(
        'REP_INTERNAL',
        `Row ${row} of vector index ${this.#name} is missing from its store.`,
      )
    }
    return decodeRow(stored, dims)
  }

  /** Visits every row, in order. */
  scan(dims: number, visit: (row: number, stored: StoredVector) => void): void {
    for (const { key, value } of this.#rows.getRange({})) {
      visit((key as Buffer).readUInt32BE(0), decodeRow(value as Buffer, dims))
    }
  }

  #advance(state: IndexState, rows: number, change: { vectors: boolean; rows: Uint32Array }): void {
    const next: IndexState = { ...state, rows, sequence: state.sequence + 1 }
    this.changes.append(next.sequence, change)
    writeState(this.#states, this.#name, next)
  }

  #put(row: number, item: VectorItem): void {
    const vectorBytes = item.vector.length * 4
    const meta = JSON.stringify([item.id, item.attributes])
    const bytes = this.#scratch.reserve(vectorBytes + meta.length * 3)
    bytes.set(new Uint8Array(item.vector.buffer, item.vector.byteOffset, vectorBytes), 0)
    const length = vectorBytes + bytes.write(meta, vectorBytes, 'utf8')
    this.#rows.putSync(this.#rowKey(row), bytes.subarray(0, length))
  }

  #rowOf(id: string): number | null {
    const stored = this.#ids.getBinaryFast(id)
    return stored === undefined ? null : stored.readUInt32BE(0)
  }

  #rowKey(row: number): Buffer {
    this.#key.writeUInt32BE(row, 0)
    return this.#key
  }
}

/** Makes an index, or checks that the one there has these dimensions; call within a transaction. */
export function ensureVectorIndex(environment: LmdbEnvironment, spec: VectorIndexSpec): void {
  const states = openStates(environment)
  const { index, dims, kind } = spec
  const state = readState(states, index)
  if (state === null) {
    writeState(states, index, { dims, kind, incarnation: randomUUID(), rows: 0, sequence: 0 })
    return
  }
  if (state.dims !== dims) {
    throw new RepError(
      'REP_VECTOR_DIMS',
      `Vector index ${index} holds vectors of ${state.dims} dimensions; ${dims} were asked for.`,
    )
  }
  if (state.kind !== kind) writeState(states, index, { ...state, kind })
}

function openStates(environment: LmdbEnvironment): Database<Uint8Array, string> {
  return openStringKeyed(environment.index, 'vec.states')
}

function readState(states: Database<Uint8Array, string>, index: string): IndexState | null {
  const stored = states.getBinaryFast(index)
  return stored === undefined ? null : (JSON.parse(stored.toString('utf8', 0, stored.length)) as IndexState)
}

function writeState(states: Database<Uint8Array, string>, index: string, state: IndexState): void {
  states.putSync(index, Buffer.from(JSON.stringify(state)))
}

function decodeRow(stored: Buffer, dims: number): StoredVector {
  const vectorBytes = dims * 4
  const vector = new Float32Array(dims)
  new Uint8Array(vector.buffer).set(stored.subarray(0, vectorBytes))
  const [id, attributes] = JSON.parse(stored.toString('utf8', vectorBytes, stored.length)) as [
    string,
    VectorAttributes,
  ]
  return { id, vector, attributes }
}
