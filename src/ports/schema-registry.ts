/** Where the schemas of the event log's values are kept, each under an id that is part of every message. */
export interface SchemaRegistry {
  readonly capabilities: { readonly driver: string }
  /**
   * Makes sure that a subject has all these versions, oldest first, each able to read everything before it
   * (BACKWARD_TRANSITIVE). Returns their ids in the same order. Rejects with REP_SCHEMA and the registry's
   * reason where it takes a version for incompatible, with REP_STORE_UNAVAILABLE where it does not answer.
   */
  register(subject: string, versions: readonly object[]): Promise<readonly number[]>
  serverVersion(): Promise<string>
  close(): Promise<void>
}
