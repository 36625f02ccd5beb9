import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { packageRoot } from '../../config/package-root.ts'
import { run } from '../../kernel/probe.ts'
import { type CheckSubject, type DoctorCheck, found, missing, unusable } from './check.ts'

/** Loading takes some 0.1 s; a busy machine may need more, and a wrong “missing” would mislead. */
const LOAD_LIMIT_MS = 5000

/** A package whose native part must load. It loads in a process of its own: a crash is a finding, not an end. */
export async function checkNative(
  name: string,
  subject: Pick<CheckSubject, 'title' | 'unlocks'>,
): Promise<DoctorCheck> {
  const whole: CheckSubject = { id: name, need: 'required', ...subject }
  const version = packageVersion(name)
  if (version === null) return missing(whole, 'not installed', 'Run npm ci.')
  const script = `await import(${JSON.stringify(name)})`
  const { ok, text, timedOut } = await run(
    process.execPath,
    ['--input-type=module', '-e', script],
    LOAD_LIMIT_MS,
    { cwd: packageRoot() },
  )
  if (ok) return found(whole, { version, detail: 'its native part loads' })
  const why = timedOut ? `did not load within ${LOAD_LIMIT_MS / 1000} s` : errorLine(text)
  return unusable(
    whole,
    { version, detail: why },
    'Run npm ci again on this machine: a copied node_modules has another platform’s binary.',
  )
}

/** An optional peer: only looked for, not loaded. */
export function checkPeer(
  name: string,
  subject: Pick<CheckSubject, 'title' | 'unlocks'> & { readonly remedy?: string },
): DoctorCheck {
  const { remedy = `npm i ${name}`, ...told } = subject
  const whole: CheckSubject = { id: name, need: 'optional', ...told }
  const version = packageVersion(name)
  if (version === null) return missing(whole, 'not installed', remedy)
  return found(whole, { version, detail: 'installed' })
}

/** The installed version of a package; null where it is not installed. */
export function packageVersion(name: string): string | null {
  try {
    const path = findPackageJSON(name, import.meta.url)
    if (path === undefined) return null
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : null
  } catch (error) {
    // findPackageJSON throws for what is not installed; so does reading one that is half installed.
    if (error instanceof Error) return null
    throw error
  }
}

function errorLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'does not load'
}
