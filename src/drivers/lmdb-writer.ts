import { AsyncLocalStorage } from 'node:async_hooks'
import { RepError } from '../errors/rep-error.ts'
import type { Settlement } from '../ports/settlement.ts'
import type { LmdbRoot } from './lmdb-root.ts'

/** A settlement whose transaction is still open. */
interface OpenSettlement {
  readonly done: Promise<void>
}

/** Names the open settlement to the code that runs in it, across its awaits. */
const scope = new AsyncLocalStorage<OpenSettlement>()

/**
 * Write access to one environment. A settlement keeps its transaction open for the few microtasks
 * that its promises need to say whether all went well; a write that does not belong to it waits for its end,
 * so that an abort cannot take along what somebody else was told is stored.
 */
export class LmdbWriter implements Settlement {
  readonly atomic = true
  readonly #root: LmdbRoot
  #open: OpenSettlement | null = null

  constructor(root: LmdbRoot) {
    this.#root = root
  }

  /**
   * Runs `action` in one transaction and returns its result; nothing of it is stored when it throws. Runs at
   * once, and then returns no promise, unless another caller's settlement is open. Throws (or rejects with)
   * REP_STORE_UNAVAILABLE when LMDB refuses.
   */
  write<T>(action: () => T): T | Promise<T> {
    return this.settled(() => {
      try {
        if (this.#open !== null) return this.#root.join(action)
        return this.#root.transact(action)
      } catch (error) {
        throw storeError(error)
      }
    })
  }

  /** Runs `action` when no other caller's settlement is open: at once, and then it returns no promise, or later. */
  settled<T>(action: () => T): T | Promise<T> {
    return this.#isElsewhere() ? this.#open!.done.then(() => this.settled(action)) : action()
  }

  /** One transaction for both; if either throws or rejects, nothing of either is stored and this rejects. */
  async settle(effects: () => Promise<unknown>, commit: () => Promise<void>): Promise<void> {
    while (this.#isElsewhere()) await this.#open!.done
    if (this.#open !== null) throw new RepError('REP_INTERNAL', 'A settlement was begun within another.')
    const { promise, resolve } = Promise.withResolvers<void>()
    const open: OpenSettlement = { done: promise }
    this.#open = open
    try {
      await scope.run(open, () => this.#root.transactAsync(() => bothDone(effects, commit)))
    } catch (error) {
      throw storeError(error)
    } finally {
      this.#open = null
      resolve()
    }
  }

  #isElsewhere(): boolean {
    return this.#open !== null && scope.getStore() !== this.#open
  }
}

/** Starts both at once and waits for both even when one fails: the transaction must not end while the other still writes. */
async function bothDone(effects: () => Promise<unknown>, commit: () => Promise<void>): Promise<void> {
  const [effected, committed] = await Promise.allSettled([started(effects), started(commit)])
  if (effected.status === 'rejected') throw effected.reason
  if (committed.status === 'rejected') throw committed.reason
}

/** A throw of the call itself becomes a rejection. */
async function started(call: () => Promise<unknown>): Promise<void> {
  await call()
}

/** LMDB's own errors carry a numeric code; anything else is not the store's trouble and stays what it is. */
function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return error
  return new RepError('REP_STORE_UNAVAILABLE', `LMDB refused a write: ${error.message}`, { cause: error })
}
