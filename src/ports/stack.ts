import type { SchemaIds } from '../domain/codec.ts'
import type { DocumentIndex } from './document-index.ts'
import type { Embedder } from './embedder.ts'
import type { EventLog } from './event-log.ts'
import type { KeyValue } from './key-value.ts'
import type { Settlement } from './settlement.ts'
import type { VectorIndex } from './vector-index.ts'

/** An open, complete set of drivers. Each thread opens its own. */
export interface Stack {
  readonly name: string
  /** Under which ids the event log's values name their schemas: what `createCodec` takes. */
  readonly schemaIds: SchemaIds
  readonly log: EventLog
  readonly keyValue: KeyValue
  readonly documents: DocumentIndex
  readonly vectors: VectorIndex
  readonly embedder: Embedder
  readonly settlement: Settlement
  /** Name and version of every service and client, for the manifest. */
  describe(): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}
