import { hash } from 'node:crypto'
import { keepSecret } from '../../errors/redact.ts'
import { RepError } from '../../errors/rep-error.ts'

/** Who may send: names by the hash of their keys, so that a look-up tells nothing by its time. */
export class WriteKeys {
  readonly #names = new Map<string, string>()

  /** Each is NAME=KEY. None: anybody may send. Throws REP_USAGE for what is no such pair. */
  constructor(pairs: readonly string[]) {
    for (const [i, pair] of pairs.entries()) {
      const [, name, key] = /^([\w.-]{1,64})=(.{8,200})$/.exec(pair) ?? []
      if (name === undefined || key === undefined) {
        // What stands there may be a key without its name: it is not shown.
        throw new RepError(
          'REP_USAGE',
          `write key ${i + 1} is not NAME=KEY with a key of 8 to 200 characters`,
        )
      }
      keepSecret(key)
      this.#names.set(hash('sha256', key), name)
    }
  }

  get needed(): boolean {
    return this.#names.size > 0
  }

  /** The sender's name; null for a key that nobody has. */
  nameOf(key: string): string | null {
    return this.#names.get(hash('sha256', key)) ?? null
  }
}
