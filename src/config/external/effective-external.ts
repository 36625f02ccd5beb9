import type { SaslLogin, TlsTexts } from '../../kernel/credentials.ts'
import type { Account, ExternalConfig, RedisPlace } from './external-config.ts'
import type { ExternalInput } from './external-schema.ts'

const REDIS_PORT = '6379'

/** A parsed configuration as drivers want it: users and passwords apart from addresses. */
export function effectiveExternal(input: ExternalInput): ExternalConfig {
  const { prefix, kafka, registry, elasticsearch, redis, postgres } = input
  const registryUrl = new URL(registry.url)
  const nodes = elasticsearch.nodes.map((node) => new URL(node))
  return {
    prefix,
    kafka: { brokers: kafka.brokers, sasl: saslOf(kafka.sasl), tls: tlsOf(kafka.tls) },
    registry: {
      url: bare(registryUrl),
      tls: tlsOf(registry.tls),
      ...accountOf(registry, registryUrl),
    },
    elasticsearch: {
      nodes: nodes.map(bare),
      tls: tlsOf(elasticsearch.tls),
      ...(elasticsearch.apiKey === undefined
        ? accountOf(elasticsearch, nodes[0])
        : { apiKey: elasticsearch.apiKey }),
    },
    redis: redisOf(redis),
    postgres: postgres === undefined ? null : postgresOf(postgres),
  }
}

function postgresOf(postgres: NonNullable<ExternalInput['postgres']>): ExternalConfig['postgres'] {
  const { protocol, host, pathname } = new URL(postgres.url)
  const account = accountOf(postgres, new URL(postgres.url))
  return { url: `${protocol}//${host}${pathname}`, tls: tlsOf(postgres.tls), ...account }
}

function redisOf(redis: ExternalInput['redis']): ExternalConfig['redis'] {
  const url = redis.url === undefined ? undefined : new URL(redis.url)
  const database = Number(url?.pathname.slice(1) || 0)
  const encrypted = url?.protocol === 'rediss:' ? {} : null
  return {
    place: placeOf(redis, url),
    database: Number.isInteger(database) ? database : 0,
    tls: tlsOf(redis.tls) ?? encrypted,
    ...accountOf(redis, url),
  }
}

function placeOf({ cluster, sentinel }: ExternalInput['redis'], url: URL | undefined): RedisPlace {
  if (cluster !== undefined) return { kind: 'cluster', nodes: cluster }
  if (sentinel !== undefined) {
    const { name, nodes } = sentinel
    return { kind: 'sentinel', name, nodes, account: accountOf(sentinel, undefined) }
  }
  return { kind: 'single', node: `${url!.hostname}:${url!.port || REDIS_PORT}` }
}

/** What is given beside the address is stronger than what is in it. */
function accountOf(
  given: { username?: string | undefined; password?: string | undefined },
  url: URL | undefined,
): Account {
  const username = given.username ?? decodeURIComponent(url?.username ?? '')
  const password = given.password ?? decodeURIComponent(url?.password ?? '')
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) }
}

function bare(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function saslOf(sasl: ExternalInput['kafka']['sasl']): SaslLogin | null {
  if (sasl === undefined) return null
  const { mechanism, username = '', password = '', token = '' } = sasl
  return mechanism === 'OAUTHBEARER' ? { mechanism, token } : { mechanism, username, password }
}

function tlsOf(tls: ExternalInput['kafka']['tls']): TlsTexts | null {
  if (tls === undefined) return null
  const { ca, cert, key, insecure = false } = tls
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  }
}
