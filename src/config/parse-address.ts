import { RepError } from '../errors/rep-error.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** An address that others are to reach, `host:port`. Throws REP_USAGE for what is none, or is every address at once. */
export function parseAddress(text: string): HostAndPort {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || !(port <= 65_535))
    throw new RepError('REP_USAGE', `${JSON.stringify(text)} is no HOST:PORT, e.g. 192.0.2.10:9400.`)
  if (host === '0.0.0.0' || host === '::')
    throw new RepError('REP_USAGE', `${host} is every address of this host: give the one that others reach.`)
  return { host, port }
}
