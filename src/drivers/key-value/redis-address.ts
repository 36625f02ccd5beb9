import { RepError } from '../../errors/rep-error.ts'
import type { TlsTexts } from '../../kernel/credentials.ts'

/** One of `url`, `cluster` and `sentinel`. */
export interface RedisAddress {
  /** `redis://` or `rediss://` with host, port, and optionally user, password and database. */
  readonly url?: string
  /** Some nodes of a Redis Cluster, `host:port` each. */
  readonly cluster?: readonly string[]
  readonly sentinel?: RedisSentinel
  /** Of the servers, beside what the URL says. */
  readonly username?: string
  readonly password?: string
  readonly database?: number
  /** PEM texts, as `tls.connect` takes them; of sentinels too. */
  readonly tls?: TlsTexts
  /** Told in one line when the connection is lost and when it is back; not once an attempt. */
  readonly log?: (line: string) => void
}

export interface RedisSentinel {
  /** The name by which the sentinels know the group of servers. */
  readonly name: string
  /** `host:port` each. */
  readonly nodes: readonly string[]
  readonly username?: string
  readonly password?: string
}

/** Host and port of an address, without its secrets. Throws REP_USAGE for what is no address. */
export function hostOf({ url, cluster, sentinel }: RedisAddress): string {
  if (cluster !== undefined) return cluster.join(', ')
  if (sentinel !== undefined) return `${sentinel.name} (sentinels ${sentinel.nodes.join(', ')})`
  if (url !== undefined && URL.canParse(url)) {
    const { hostname, port } = new URL(url)
    return `${hostname}:${port || '6379'}`
  }
  throw new RepError('REP_USAGE', 'The address of Redis is not of the form redis://host:port.')
}

/** `host:port` in two. */
export function nodeOf(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
