import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { RepError } from '../../errors/rep-error.ts'
import { place } from '../check-scenario.ts'
import { isMap } from '../extended-scenario.ts'
import { type Change, withChange } from '../overrides.ts'
import { type Fault, readDocument } from '../scenario-document.ts'
import { pathFaults } from '../scenario-faults.ts'
import { effectiveExternal } from './effective-external.ts'
import { type ExternalFlags, externalChanges } from './external-changes.ts'
import type { ExternalConfig } from './external-config.ts'
import { externalSchema } from './external-schema.ts'
import { keepSecrets } from './keep-secrets.ts'
import { relationFaults } from './relations.ts'
import { resolveSecrets, shownValue } from './secrets.ts'

export type { ExternalFlags } from './external-changes.ts'

const DEFAULT_FILE = 'rep.yaml'
const REDIS_PLACES = ['url', 'cluster', 'sentinel']

/**
 * Where the services of the external stack are. Precedence: flag, environment (`REP_KAFKA_BROKERS` and so on),
 * file, default. The file is `--config`, else REP_CONFIG, else rep.yaml in the working directory. Throws
 * REP_CONFIG with every fault, or REP_NOT_FOUND; no fault shows a secret.
 */
export function loadExternal(
  flags: ExternalFlags = {},
  env: NodeJS.ProcessEnv = process.env,
): ExternalConfig {
  const { text, file } = readFile(flags.config ?? (env.REP_CONFIG || undefined))
  const document = readDocument(text, file)
  const changes = externalChanges(flags, env)
  let raw: unknown = document.raw
  if (isMap(raw)) for (const change of changes.changes) raw = changed(raw, change)
  const { raw: resolved, faults } = resolveSecrets(raw, { env, directory: dirname(resolve(file)) })
  const parsed = externalSchema.safeParse(resolved, { reportInput: true })
  const wrong = [
    ...faults,
    ...(parsed.success ? [] : pathFaults(parsed.error, shownValue(raw), externalSchema)),
    ...relationFaults(resolved),
  ]
  const all = [...place(wrong, { document, changes }), ...changes.faults]
  if (all.length > 0 || !parsed.success) throw refuse(file, text === '', all)
  const config = effectiveExternal(parsed.data)
  keepSecrets(config)
  return config
}

/** A weaker source's place of Redis goes where a stronger one names another. */
function changed(raw: unknown, change: Change): unknown {
  const next = withChange(raw, change)
  const [section, key] = change.path
  if (section !== 'redis' || !REDIS_PLACES.includes(String(key)) || !isMap(next) || !isMap(next.redis))
    return next
  const kept = Object.entries(next.redis).filter(([name]) => name === key || !REDIS_PLACES.includes(name))
  return { ...next, redis: Object.fromEntries(kept) }
}

function readFile(wanted: string | undefined): { text: string; file: string } {
  const file = wanted ?? DEFAULT_FILE
  if (existsSync(file)) return { text: readFileSync(file, 'utf8'), file }
  if (wanted === undefined) return { text: '', file }
  throw new RepError('REP_NOT_FOUND', `There is no configuration file ${file}.`)
}

function refuse(file: string, absent: boolean, faults: readonly Fault[]): RepError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  const what = absent
    ? `The addresses of the external services have ${count}; there is no ${file}, so they come from flags and the environment.`
    : `The configuration ${file} has ${count}.`
  return new RepError('REP_CONFIG', what, {
    details: faults.map(
      ({ place: where, message }) => `${absent ? where.replace(/:\d+:\d+$/, '') : where}: ${message}`,
    ),
  })
}
