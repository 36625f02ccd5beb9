import type { SaslLogin, TlsTexts } from '../../kernel/credentials.ts'

export interface Account {
  readonly username?: string
  readonly password?: string
}

/** Services that rep did not start, and how to get in. Holds secrets: it is for drivers, never for showing. */
export interface ExternalConfig {
  /** Goes before the name of every topic, group, index, key and subject. */
  readonly prefix: string
  readonly kafka: {
    readonly brokers: readonly string[]
    readonly sasl: SaslLogin | null
    readonly tls: TlsTexts | null
  }
  readonly registry: Account & { readonly url: string; readonly tls: TlsTexts | null }
  readonly elasticsearch: Account & {
    /** Without user and password. */
    readonly nodes: readonly string[]
    readonly apiKey?: string
    readonly tls: TlsTexts | null
  }
  readonly redis: Account & {
    readonly place: RedisPlace
    readonly database: number
    readonly tls: TlsTexts | null
  }
  /** Null where none is described. */
  readonly postgres: (Account & { readonly url: string; readonly tls: TlsTexts | null }) | null
}

/** `host:port` each. */
export type RedisPlace =
  | { readonly kind: 'single'; readonly node: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly string[] }
  | {
      readonly kind: 'sentinel'
      readonly name: string
      readonly nodes: readonly string[]
      readonly account: Account
    }
