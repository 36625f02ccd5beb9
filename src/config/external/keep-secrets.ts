import { keepSecret } from '../../errors/redact.ts'
import type { ExternalConfig } from './external-config.ts'

/** Keeps every secret of a configuration out of this thread's errors. */
export function keepSecrets({ kafka, registry, elasticsearch, redis, postgres }: ExternalConfig): void {
  const { sasl } = kafka
  if (sasl !== null) keepSecret(sasl.mechanism === 'OAUTHBEARER' ? sasl.token : sasl.password)
  if (elasticsearch.apiKey !== undefined) keepSecret(elasticsearch.apiKey)
  const sentinel = redis.place.kind === 'sentinel' ? [redis.place.account] : []
  const sql = postgres === null ? [] : [postgres]
  for (const { username = '', password } of [registry, elasticsearch, redis, ...sentinel, ...sql]) {
    if (password === undefined) continue
    keepSecret(password)
    keepSecret(Buffer.from(`${username}:${password}`).toString('base64'))
  }
  for (const { tls } of [kafka, registry, elasticsearch, redis, ...sql])
    if (tls?.key !== undefined) keepSecret(tls.key)
}
