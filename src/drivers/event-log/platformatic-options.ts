import { isIP } from 'node:net'
import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaSettings } from './kafka-options.ts'

/** Tries of a request that failed in a way that may pass, each after a pause. */
const RETRIES = 3
const RETRY_DELAY_MS = 250

/** What every client of @platformatic/kafka is opened with. */
export function platformaticOptions(settings: KafkaSettings): BaseOptions {
  const { sasl, tls, requestTimeoutMs } = settings
  return {
    clientId: settings.clientId,
    bootstrapBrokers: [...settings.brokers],
    connectTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: Math.ceil(requestTimeoutMs / 2),
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    ...(sasl === null ? {} : { sasl }),
    // Brokers behind one balancer are told apart by the name that is asked for; a bare address has none.
    ...(tls === null ? {} : { tls: { ...tls }, tlsServerName: !settings.brokers.some(isBareAddress) }),
  }
}

function isBareAddress(broker: string): boolean {
  return isIP(broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '')) !== 0
}
