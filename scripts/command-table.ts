import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../src/config/package-root.ts'

/** The part of an oclif flag that help shows. */
export interface FlagFacts {
  readonly type: 'boolean' | 'option'
  readonly description?: string
  readonly summary?: string
  readonly char?: string
  readonly default?: unknown
  readonly defaultHelp?: unknown
  readonly helpValue?: string | readonly string[]
  readonly multiple?: boolean
  /** `--no-name` switches it off. */
  readonly allowNo?: boolean
  readonly options?: readonly string[]
  readonly required?: boolean
  readonly hidden?: boolean
}

export interface ArgFacts {
  readonly description?: string
  readonly default?: unknown
  readonly required?: boolean
}

/** One command as its class declares it. */
export interface CommandFacts {
  /** As one types it, without `rep`: `bench recommend`. */
  readonly id: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly string[]
  readonly args: Readonly<Record<string, ArgFacts>>
  readonly flags: Readonly<Record<string, FlagFacts>>
  readonly json: boolean
  readonly hidden: boolean
}

interface CommandClass {
  readonly summary?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly args?: Readonly<Record<string, ArgFacts>>
  readonly flags?: Readonly<Record<string, FlagFacts>>
  readonly enableJsonFlag?: boolean
  readonly hidden?: boolean
  readonly prototype: { readonly run?: unknown }
}

/** Every command, read from the classes in `commands/`, by name. A file without a runnable default export is none. */
export async function commandTable(): Promise<readonly CommandFacts[]> {
  const folder = join(packageRoot(), 'commands')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const commands: CommandFacts[] = []
  for (const file of files) {
    const { default: declared } = (await import(pathToFileURL(join(folder, file)).href)) as {
      default?: CommandClass
    }
    if (typeof declared?.prototype?.run === 'function') commands.push(await factsOf(idOf(file), declared))
  }
  return commands.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** `bench/recommend.ts` is `bench recommend`; `report/index.ts` is `report`. */
function idOf(file: string): string {
  const parts = relative('.', file).replace(/\.ts$/, '').split(/[\\/]/)
  return (parts.at(-1) === 'index' ? parts.slice(0, -1) : parts).join(' ')
}

async function factsOf(id: string, declared: CommandClass): Promise<CommandFacts> {
  const { summary = '', description = '', examples = [], args = {}, flags = {} } = declared
  return {
    id,
    summary,
    description,
    examples: examples.map((example) => String(example).replaceAll('<%= config.bin %>', 'rep')),
    args,
    flags: Object.fromEntries(
      await Promise.all(
        Object.entries(flags).map(async ([name, flag]) => [name, await withDefaultHelp(flag)]),
      ),
    ) as Record<string, FlagFacts>,
    json: declared.enableJsonFlag === true,
    hidden: declared.hidden === true,
  }
}

/** A default that help shows in other words, such as `20s` for 20,000 ms. */
async function withDefaultHelp(flag: FlagFacts): Promise<FlagFacts> {
  const { defaultHelp } = flag
  if (typeof defaultHelp !== 'function') return flag
  return { ...flag, defaultHelp: String(await defaultHelp({ options: flag, flags: {} })) }
}
