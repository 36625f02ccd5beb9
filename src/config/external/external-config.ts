/** PEM texts. */
export interface TlsConfig {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
}

export type SaslConfig =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: string }

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
    readonly sasl: SaslConfig | null
    readonly tls: TlsConfig | null
  }
  readonly registry: Account & { readonly url: string; readonly tls: TlsConfig | null }
  readonly elasticsearch: Account & {
    /** Without user and password. */
    readonly nodes: readonly string[]
    readonly apiKey?: string
    readonly tls: TlsConfig | null
  }
  readonly redis: Account & {
    readonly place: RedisPlace
    readonly database: number
    readonly tls: TlsConfig | null
  }
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
