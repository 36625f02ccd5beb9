import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { LmdbDocumentIndex } from '../drivers/document-index/lmdb.ts'
import { HashingEmbedder } from '../drivers/embedder/hashing.ts'
import { openLmdbEventLog } from '../drivers/event-log/lmdb.ts'
import { LmdbKeyValue } from '../drivers/key-value/lmdb.ts'
import { openLmdbEnvironment } from '../drivers/lmdb-environment.ts'
import { LmdbWriter } from '../drivers/lmdb-writer.ts'
import { LmdbUsearchVectorIndex } from '../drivers/vector-index/lmdb-usearch.ts'
import type { Stack } from '../ports/stack.ts'

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
  const writer = new LmdbWriter(environment)
  const log = openLmdbEventLog(environment, { writer })
  const keyValue = new LmdbKeyValue(environment, writer)
  const documents = new LmdbDocumentIndex(environment, writer)
  const vectors = new LmdbUsearchVectorIndex(environment, writer, join(dataDir, 'graphs'))
  const embedder = new HashingEmbedder(dims)
  return {
    name: 'embedded',
    log,
    keyValue,
    documents,
    vectors,
    embedder,
    settlement: writer,
    describe: async () => ({
      lmdb: versionOf('lmdb'),
      usearch: versionOf('usearch'),
      embedder: embedder.capabilities.model,
    }),
    close: async () => {
      await writer.settled(() => undefined)
      await Promise.all([log, keyValue, documents, vectors, embedder].map((driver) => driver.close()))
      await environment.close()
    },
  }
}

/** The version in a dependency's package.json, which its exports may hide: looked for upwards from its entry. */
function versionOf(name: string): string {
  let directory = dirname(createRequire(import.meta.url).resolve(name))
  while (dirname(directory) !== directory) {
    const manifest = manifestAt(directory)
    if (manifest?.name === name && manifest.version !== undefined) return manifest.version
    directory = dirname(directory)
  }
  return 'unknown'
}

function manifestAt(directory: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      name?: string
      version?: string
    }
  } catch {
    // No manifest in this directory: it is further up.
    return null
  }
}
