import { randomBytes } from 'node:crypto'
import type { Database } from 'lmdb'
import type { LmdbRoot } from './lmdb-environment.ts'

/** MDB_BAD_TXN: LMDB has undone the transaction. */
const BAD_TXN = -30782
const MOST_TRIES = 5

/**
 * Transactions that were stored when they returned. Under load, lmdb-js 3.5 now and then refuses a commit
 * ("reserved freelist had a data entry with zero-size"), and with several writing processes reports one as done
 * that is not. So each transaction ends with a number of its own, which is read back: where it is not there,
 * nothing is, and the transaction is run again. What is known of the rest: docs/decisions/0001-lmdb-environments.md.
 */
export class LmdbTransactions {
  readonly #root: LmdbRoot
  readonly #marks: Database<Uint8Array, Uint8Array>
  readonly #key = randomBytes(8)
  readonly #mark = Buffer.alloc(8)
  #number = 0

  constructor(root: LmdbRoot) {
    this.#root = root
    this.#marks = root.openDB<Uint8Array, Uint8Array>({
      name: 'commits',
      encoding: 'binary',
      keyEncoding: 'binary',
    })
  }

  /** Runs `action` in a transaction; again when it was not stored, so it must read what it needs inside. */
  run<T>(action: () => T): T {
    for (let tries = 1; ; tries++) {
      try {
        const result = this.#root.transactionSync(() => {
          const returned = action()
          this.#putMark()
          return returned
        })
        if (this.#isStored()) return result
        if (tries === MOST_TRIES) throw lostCommit()
      } catch (error) {
        if (!isRefused(error) || tries === MOST_TRIES) throw error
      }
    }
  }

  /** Keeps a transaction open until `action` settles; stored when it resolves. Not run again: the caller decides. */
  async runAsync(action: () => Promise<void>): Promise<void> {
    await this.#root.transactionSync(async () => {
      await action()
      this.#putMark()
    })
    if (!this.#isStored()) throw lostCommit()
  }

  #putMark(): void {
    this.#mark.writeDoubleLE(++this.#number)
    this.#marks.putSync(this.#key, this.#mark)
  }

  #isStored(): boolean {
    this.#root.resetReadTxn()
    const stored = this.#marks.getBinaryFast(this.#key) as Buffer | undefined
    return stored?.readDoubleLE(0) === this.#number
  }
}

function lostCommit(): Error {
  return Object.assign(new Error('LMDB reported a commit as done that it did not store'), { code: BAD_TXN })
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === BAD_TXN
}
