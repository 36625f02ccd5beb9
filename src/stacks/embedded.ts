import { join } from 'node:path'
import { LOCAL_SCHEMA_IDS } from '../domain/codec.ts'
import { LmdbDocumentIndex } from '../drivers/document-index/lmdb.ts'
import { HashingEmbedder } from '../drivers/embedder/hashing.ts'
import { openLmdbEventLog } from '../drivers/event-log/lmdb.ts'
import { LmdbKeyValue } from '../drivers/key-value/lmdb.ts'
import { openLmdbEnvironment } from '../drivers/lmdb-environment.ts'
import { LmdbWriter } from '../drivers/lmdb-writer.ts'
import { openObjectStore } from '../drivers/object-store/open-object-store.ts'
import { LmdbUsearchVectorIndex } from '../drivers/vector-index/lmdb-usearch.ts'
import type { Stack } from '../ports/stack.ts'
import { openEmbeddedSql } from './embedded-sql.ts'
import { once } from './once.ts'
import { packageVersion } from './package-version.ts'

export interface EmbeddedStackOptions {
  /** Made where it is missing. Any number of threads and processes may open the same one. */
  readonly dataDir: string
  /** Dimensions of the embedder's vectors. */
  readonly dims: number
}

/** Opens the stack that needs no server: everything in LMDB under `dataDir`, vectors searched with usearch. */
export async function openEmbeddedStack(options: EmbeddedStackOptions): Promise<Stack> {
  const { dataDir, dims } = options
  const environment = openLmdbEnvironment(dataDir)
  const writer = new LmdbWriter(environment.state)
  const indexWriter = new LmdbWriter(environment.index)
  const log = openLmdbEventLog(environment, { writer })
  const keyValue = new LmdbKeyValue(environment, writer)
  const documents = new LmdbDocumentIndex(environment, indexWriter)
  const vectors = new LmdbUsearchVectorIndex(environment, indexWriter, join(dataDir, 'graphs'))
  const embedder = new HashingEmbedder(dims)
  const sql = once(() => openEmbeddedSql(join(dataDir, 'sql')))
  return {
    name: 'embedded',
    schemaIds: LOCAL_SCHEMA_IDS,
    log,
    keyValue,
    documents,
    vectors,
    embedder,
    settlement: writer,
    openSql: sql.open,
    openObjects: openObjectStore,
    describe: async () => ({
      lmdb: packageVersion('lmdb'),
      usearch: packageVersion('usearch'),
      pglite: packageVersion('@electric-sql/pglite'),
      embedder: embedder.capabilities.model,
    }),
    close: async () => {
      await writer.settled(() => undefined)
      await Promise.all([log, keyValue, documents, vectors, embedder, sql].map((driver) => driver.close()))
      await environment.close()
    },
  }
}
