import { RepError } from '../errors/rep-error.ts'

/** The service that is driven: where to connect, and how a request for a user looks. */
export interface HttpTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** `host[:port]` as the Host header says it. */
  readonly authority: string
  /** Path and query for a user. */
  pathFor(userId: string): string
}

const PLACEHOLDER = '{userId}'

/**
 * Reads a URL template such as `http://127.0.0.1:8080/v1/users/{userId}/recommendations?limit=20`;
 * `{userId}` is replaced by the percent-encoded user id wherever it stands in path or query.
 * Throws REP_USAGE when it is not an http or https URL.
 */
export function parseTarget(template: string): HttpTarget {
  // URL would percent-encode the braces: a marker without special characters stands in for them.
  const marker = 'REPUSERIDPLACEHOLDER'
  let url: URL
  try {
    url = new URL(template.replaceAll(PLACEHOLDER, marker))
  } catch (cause) {
    throw new RepError('REP_USAGE', `not a URL: ${template}`, { cause })
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RepError('REP_USAGE', `only http and https can be driven, not ${url.protocol} in ${template}`)
  }
  const tls = url.protocol === 'https:'
  const parts = (url.pathname + url.search).split(marker)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    tls,
    authority: url.host,
    pathFor: (userId) => parts.join(encodeURIComponent(userId)),
  }
}

/** What comes after the path in every request, up to headers of its own or the empty line. */
export function requestHead({ authority }: HttpTarget): string {
  return ` HTTP/1.1\r\nhost: ${authority}\r\nuser-agent: rep\r\n`
}

/** The same of a request for JSON. */
export function requestTail(target: HttpTarget): string {
  return `${requestHead(target)}accept: application/json\r\n`
}
