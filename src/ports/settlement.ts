/**
 * Makes a batch's effects durable, then its offsets. Where both live in one store, one transaction does
 * both: then `effects` must issue all its writes before its first `await`.
 */
export interface Settlement {
  readonly atomic: boolean
  settle(effects: () => Promise<unknown>, commit: () => Promise<void>): Promise<void>
}
