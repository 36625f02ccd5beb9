import type { PoolConfig } from 'pg'
import { RepError } from '../../errors/rep-error.ts'
import type { TlsTexts } from '../../kernel/credentials.ts'

export interface PostgresAddress {
  /** `postgres://host:port/database`; a user name in it is taken where `username` is not given. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** PEM texts, as `tls.connect` takes them. Default: not encrypted. */
  readonly tls?: TlsTexts
  /** Where our tables are. Default: where the user's `search_path` leads. */
  readonly schema?: string
  /** Told in one line when the connection is lost and when it is back; not once an attempt. */
  readonly log?: (line: string) => void
}

const PORT = 5432
const USER = 'rep'

/** Host, port and database of an address, without its secrets. Throws REP_USAGE for what is no address. */
export function placeOf(address: PostgresAddress): string {
  const { host, port, database } = partsOf(address)
  return `${host}:${port}/${database}`
}

/** How one connection is made. */
export function connectionConfig(address: PostgresAddress): PoolConfig {
  const { url, username, password, tls } = address
  const { host, port, database } = partsOf(address)
  const { username: inUrl, password: secretInUrl } = new URL(url)
  const secret = password ?? (decodeURIComponent(secretInUrl) || undefined)
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    database,
    user: username ?? (decodeURIComponent(inUrl) || USER),
    ...(secret === undefined ? {} : { password: secret }),
    ssl: tls === undefined ? false : { ...tls },
  }
}

function partsOf({ url }: PostgresAddress): { host: string; port: number; database: string } {
  if (URL.canParse(url)) {
    const { protocol, hostname, port, pathname } = new URL(url)
    const database = decodeURIComponent(pathname.slice(1))
    if (/^postgres(ql)?:$/.test(protocol) && hostname !== '' && database !== '')
      return { host: hostname, port: Number(port) || PORT, database }
  }
  throw new RepError(
    'REP_USAGE',
    'The address of PostgreSQL is not of the form postgres://host:port/database.',
  )
}
