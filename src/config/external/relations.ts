import { isMap } from '../extended-scenario.ts'
import { type PathFault, valueAt } from '../scenario-faults.ts'
import type { Path } from '../schema/keys.ts'

/** Faults between keys; each key alone is the schema's. `raw` has its secrets in their places. */
export function relationFaults(raw: unknown): readonly PathFault[] {
  return [...redisFaults(raw), ...postgresFaults(raw), ...saslFaults(raw), ...accountFaults(raw)]
}

function redisFaults(raw: unknown): PathFault[] {
  const redis = valueAt(raw, ['redis'])
  if (!isMap(redis)) return []
  const given = ['url', 'cluster', 'sentinel'].filter((key) => redis[key] !== undefined)
  if (given.length === 1) return []
  const got = given.length === 0 ? 'got none' : `got ${given.join(' and ')}`
  return [fault(['redis'], `expected one of url, cluster and sentinel, ${got}`)]
}

function postgresFaults(raw: unknown): PathFault[] {
  const url = valueAt(raw, ['postgres', 'url'])
  if (typeof url !== 'string' || !URL.canParse(url) || new URL(url).pathname.length > 1) return []
  return [fault(['postgres', 'url'], 'expected the name of a database behind the address, as in …:5432/rep')]
}

function saslFaults(raw: unknown): PathFault[] {
  const sasl = valueAt(raw, ['kafka', 'sasl'])
  if (!isMap(sasl) || typeof sasl.mechanism !== 'string') return []
  const needed = sasl.mechanism === 'OAUTHBEARER' ? ['token'] : ['username', 'password']
  const faults = needed
    .filter((key) => sasl[key] === undefined)
    .map((key) => fault(['kafka', 'sasl'], `${String(sasl.mechanism)} needs ${key}`))
  const others = ['username', 'password', 'token'].filter((key) => !needed.includes(key))
  for (const key of others)
    if (sasl[key] !== undefined)
      faults.push(fault(['kafka', 'sasl', key], `${sasl.mechanism} takes no ${key}`, 'key'))
  return faults
}

function accountFaults(raw: unknown): PathFault[] {
  const faults: PathFault[] = []
  for (const path of [['registry'], ['elasticsearch'], ['redis', 'sentinel']]) {
    const section = valueAt(raw, path)
    if (!isMap(section)) continue
    if (section.username !== undefined && section.password === undefined)
      faults.push(fault([...path, 'username'], 'a user name needs a password'))
    if (section.apiKey !== undefined && section.username !== undefined)
      faults.push(fault([...path, 'apiKey'], 'give an API key or a user name, not both', 'key'))
  }
  return faults
}

function fault(path: Path, message: string, at: PathFault['at'] = 'value'): PathFault {
  return { path, at, message }
}
