import type { RootDatabase } from 'lmdb'

/** MDB_BAD_TXN: LMDB has undone the transaction. */
const BAD_TXN = -30782
const MOST_TRIES = 3

/**
 * `transactionSync` with a few tries: the LMDB that lmdb-js 3.5 carries now and then takes its list of free
 * pages for empty when it commits, and refuses ("reserved freelist had a data entry with zero-size"). Nothing is
 * stored then, and the same transaction goes through the next time. `action` is run again: it must read what
 * it needs inside.
 */
export function transact<T>(root: RootDatabase<Uint8Array, Uint8Array>, action: () => T, flags?: number): T {
  for (let tries = 1; ; tries++) {
    try {
      return root.transactionSync(action, flags)
    } catch (error) {
      const refused = error instanceof Error && 'code' in error && error.code === BAD_TXN
      if (!refused || tries === MOST_TRIES) throw error
    }
  }
}
