import { existsSync } from 'node:fs'
import { RepError } from '../errors/rep-error.ts'
import { descriptionPath, readStackDescription, type StackHome, stackNames } from './stack-description.ts'

/** Throws REP_USAGE for a name that cannot be a directory and a compose project. */
export function requireStackName(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name)) return name
  throw new RepError(
    'REP_USAGE',
    `${JSON.stringify(name)} cannot name a stack: use up to 40 lower case letters, digits, dashes and underscores.`,
  )
}

/**
 * The stack that is meant: the named one, else the only one that is up, else the only one that there is. Throws
 * REP_ENVIRONMENT where there is none, and REP_USAGE where there are several.
 */
export function findStackName(home: StackHome, name?: string): string {
  if (name !== undefined) return requireStackName(name)
  const all = stackNames(home)
  const up = all.filter((candidate) => existsSync(descriptionPath(home, candidate)))
  const [first, ...others] = up.length > 0 ? up : all
  if (first === undefined) return readStackDescription(home, 'native').name
  if (others.length === 0) return first
  throw new RepError(
    'REP_USAGE',
    `There are several stacks: choose one with --stack ${[first, ...others].join('|')}.`,
  )
}
