import { join } from 'node:path'
import { LmdbRoot } from './lmdb-root.ts'

/** The LMDB environments of one data directory. LMDB has one write lock an environment. */
export interface LmdbEnvironment {
  /** Key-value, group membership and committed offsets: they share transactions. */
  readonly state: LmdbRoot
  /** Documents and vectors: large batches that may be stored again, so they need no share in a transaction. */
  readonly index: LmdbRoot
  /** The event log's records, apart from `state` so that appends never wait for a consumer's transaction. */
  readonly log: LmdbRoot
  close(): Promise<void>
}

/**
 * Opens (and creates) `<dataDir>/state`, `<dataDir>/index` and `<dataDir>/log`. Any number of threads and processes may open
 * the same directory.
 *
 * Durability: nothing is fsynced (`noSync`). A commit leaves its pages in the kernel's page cache: they survive
 * a kill -9 of the process, but not a crash of the machine: the same promise that a Kafka broker makes with
 * its default of leaving fsync to the kernel.
 */
export function openLmdbEnvironment(dataDir: string): LmdbEnvironment {
  const state = new LmdbRoot(join(dataDir, 'state'))
  const index = new LmdbRoot(join(dataDir, 'index'))
  const log = new LmdbRoot(join(dataDir, 'log'))
  return {
    state,
    index,
    log,
    close: async () => {
      await Promise.all([state.close(), index.close(), log.close()])
    },
  }
}
