import type { SchemaIds } from '../domain/codec.ts'
import type { DocumentIndex } from './document-index.ts'
import type { Embedder } from './embedder.ts'
import type { EventLog } from './event-log.ts'
import type { KeyValue } from './key-value.ts'
import type { ObjectStore } from './object-store.ts'
import type { Settlement } from './settlement.ts'
import type { Sql } from './sql.ts'
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
  /**
   * The SQL database, all migrations applied. Opened by the first call, which is not made where nobody needs it;
   * later calls give the same one, and `close` closes it. Rejects with REP_ENVIRONMENT where the stack has none
   * or it does not answer, with REP_STACK_BUSY where it is not shared and another thread or process has it open.
   */
  openSql(): Promise<Sql>
  /** Opens the object store at a place, a directory or `s3://bucket/prefix`; whoever opened it closes it. */
  openObjects(place: string): Promise<ObjectStore>
  /** Name and version of every service and client, for the manifest. */
  describe(): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}
