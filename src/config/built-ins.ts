import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { RepError } from '../errors/rep-error.ts'
import { packageRoot } from './package-root.ts'
import { suggest } from './suggest.ts'

/** The text of a scenario file and how its reader names it. */
export interface ScenarioSource {
  readonly name: string
  /** As given by the user, or relative to the package for a built-in one: what faults print. */
  readonly file: string
  readonly directory: string
  readonly text: string
  readonly builtIn: boolean
}

/** Names of the built-in scenarios, sorted. */
export async function builtInNames(): Promise<readonly string[]> {
  const files = await readdir(join(packageRoot(), 'scenarios'))
  return files
    .filter((file) => extname(file) === '.yaml')
    .map((file) => basename(file, '.yaml'))
    .sort()
}

/**
 * The built-in scenario of that name, or the user's file where the argument holds a slash or ends in `.yaml`
 * or `.yml`. Throws REP_NOT_FOUND with the names that there are.
 */
export async function findScenario(nameOrPath: string): Promise<ScenarioSource> {
  return /[/\\]|\.ya?ml$/i.test(nameOrPath) ? readUserFile(nameOrPath) : readBuiltIn(nameOrPath)
}

export async function readBuiltIn(name: string): Promise<ScenarioSource> {
  const names = await builtInNames()
  if (!names.includes(name)) throw unknownName(name, names)
  const directory = join(packageRoot(), 'scenarios')
  const text = await readFile(join(directory, `${name}.yaml`), 'utf8')
  return { name, file: `scenarios/${name}.yaml`, directory, text, builtIn: true }
}

async function readUserFile(path: string): Promise<ScenarioSource> {
  try {
    const text = await readFile(path, 'utf8')
    const name = basename(path).replace(/\.ya?ml$/i, '')
    return { name, file: path, directory: dirname(resolve(path)), text, builtIn: false }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RepError('REP_NOT_FOUND', `The scenario file ${path} cannot be read: ${why}.`, { cause })
  }
}

function unknownName(name: string, names: readonly string[]): RepError {
  const near = suggest(name, names)
  const question = near === undefined ? '' : ` Did you mean “${near}”?`
  return new RepError('REP_NOT_FOUND', `There is no built-in scenario “${name}”.${question}`, {
    details: [`built in: ${names.join(', ')}`, `for a file of your own, give its path: ./${name}.yaml`],
  })
}
