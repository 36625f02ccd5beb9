import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, type DatabaseOptions, open, type RootDatabase } from 'lmdb'

/** MDB_BAD_TXN: LMDB has undone the transaction. */
const BAD_TXN = -30782
const MOST_TRIES = 5
/** Joins the transaction that is open, else begins one. */
const JOIN = 2

/** Address space of one environment. The file is sparse: it takes the disk space of what is in it. */
const MAP_BYTES = 64 * 2 ** 30
const GATE_MAP_BYTES = 2 ** 20

const COMMON = {
  encoding: 'binary',
  keyEncoding: 'binary',
  noSubdir: false,
  // Pages are changed in the shared map itself instead of being copied out by write(2) at each commit: about
  // half of the CPU time of a transaction (test/bench/lmdb-write-map.ts). LMDB copies a page before it changes
  // it all the same, so a killed process leaves the last committed tree.
  useWritemap: true,
  noSync: true,
  overlappingSync: false,
  // Consumers and stages use transactionSync; one that is aborted by a throw must leave nothing behind.
  cache: false,
  maxReaders: 512,
} as const

/** What `openDatabase` takes besides the name; the package's own type leaves `keyEncoder` out. */
export type LmdbDatabaseOptions = DatabaseOptions & {
  readonly keyEncoder?: {
    writeKey(key: string, target: Buffer, start: number): number
    readKey(source: Buffer, start: number, end: number): string
  }
}

/**
 * One LMDB environment and its transactions.
 *
 * Opening an environment tells all its processes that the newest transaction is the one that the opener has just
 * read from the file; a commit between the two is then overwritten by the next one. So every transaction, and every
 * opening, happens while the write lock of a second environment is held, the gate. Nothing is ever written there,
 * so opening the gate itself can undo nothing (docs/decisions/0001-lmdb-environments.md).
 */
export class LmdbRoot {
  readonly #gate: RootDatabase<Uint8Array, Uint8Array>
  readonly #root: RootDatabase<Uint8Array, Uint8Array>

  constructor(path: string) {
    mkdirSync(path, { recursive: true })
    this.#gate = open<Uint8Array, Uint8Array>({
      ...COMMON,
      path: join(path, 'gate'),
      mapSize: GATE_MAP_BYTES,
    })
    this.#root = this.#gate.transactionSync(() => openData(path))
  }

  /** Opens, and creates where it is not there, a database of this environment. */
  openDatabase<K extends Uint8Array | string>(
    name: string,
    options: LmdbDatabaseOptions,
  ): Database<Uint8Array, K> {
    const all = { ...options, name, encoding: 'binary' as const }
    return this.#gate.transactionSync(() => this.#root.openDB<Uint8Array, K>(all))
  }

  /**
   * Runs `action` in a transaction and returns its result; nothing of it is stored when it throws. Under load
   * lmdb-js 3.5 now and then refuses a commit ("reserved freelist had a data entry with zero-size") and has then
   * stored nothing: the transaction is run again, so `action` must read what it needs inside.
   */
  transact<T>(action: () => T): T {
    for (let tries = 1; ; tries++) {
      try {
        return this.#gate.transactionSync(() => this.#root.transactionSync(action))
      } catch (error) {
        if (!isRefused(error) || tries === MOST_TRIES) throw error
      }
    }
  }

  /** Keeps a transaction open until `action` settles; stored when it resolves. Not run again: the caller decides. */
  async transactAsync(action: () => Promise<void>): Promise<void> {
    await this.#gate.transactionSync(() => this.#root.transactionSync(action))
  }

  /** Runs `action` in the transaction that this thread has open. */
  join<T>(action: () => T): T {
    return this.#root.transactionSync(action, JOIN)
  }

  /** Makes the next read see what has been committed since the last one. */
  refreshReads(): void {
    this.#root.resetReadTxn()
  }

  async close(): Promise<void> {
    await this.#root.close()
    await this.#gate.close()
  }
}

function openData(path: string): RootDatabase<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    ...COMMON,
    path,
    mapSize: MAP_BYTES,
    // Every page that a commit writes is filled by LMDB itself; zeroing it first is waste.
    noMemInit: true,
    maxDbs: 64,
  })
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === BAD_TXN
}
