import type { KeyValue } from '../../ports/key-value.ts'
import type { RedisAddress } from './redis-address.ts'

export interface RedisKeyValueOptions extends RedisAddress {
  /** Goes before every key, so that several pipelines can share a server. Default: none. */
  readonly prefix?: string
}

/** Redis as a key-value store, and what a stack must know of it beside. */
export interface RedisStore extends KeyValue {
  serverVersion(): Promise<string>
  /** True where there is any key with the prefix, whoever set it. Looks through all keys. */
  hasKeys(): Promise<boolean>
  /** Removes every key with the prefix. Looks through all keys. */
  clear(): Promise<void>
}
