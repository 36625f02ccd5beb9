import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'

export type LmdbRoot = RootDatabase<Uint8Array, Uint8Array>

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
  const state = openEnvironment(join(dataDir, 'state'))
  const index = openEnvironment(join(dataDir, 'index'))
  const log = openEnvironment(join(dataDir, 'log'))
  return {
    state,
    index,
    log,
    close: async () => {
      await Promise.all([state.close(), index.close(), log.close()])
    },
  }
}

/** Address space of one environment. The file is sparse: it takes the disk space of what is in it. */
const MAP_BYTES = 64 * 2 ** 30

function openEnvironment(path: string): RootDatabase<Uint8Array, Uint8Array> {
  mkdirSync(path, { recursive: true })
  return open<Uint8Array, Uint8Array>({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    noSubdir: false,
    noSync: true,
    overlappingSync: false,
    // Pages are changed in the shared map itself instead of being copied out by write(2) at each commit: about
    // half of the CPU time of a transaction (test/bench/lmdb-write-map.ts). LMDB copies a page before it changes
    // it all the same, so a killed process leaves the last committed tree.
    useWritemap: true,
    mapSize: MAP_BYTES,
    // Every page that a commit writes is filled by LMDB itself; zeroing it first is waste.
    noMemInit: true,
    maxDbs: 64,
    maxReaders: 512,
    // Consumers and stages use transactionSync; one that is aborted by a throw must leave nothing behind.
    cache: false,
  })
}
