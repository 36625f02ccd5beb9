import type { ArgFacts, CommandFacts, FlagFacts } from './command-table.ts'

/** The reference of all commands as Markdown: what `--help` says, with every flag of every command. */
export function cliReference(commands: readonly CommandFacts[]): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  return `${[HEAD, indexOf(shown), ...shown.map(section)].join('\n\n')}\n`
}

const HEAD = `# Commands

<!-- Written by \`npm run docs:cli\` from the classes in commands/; do not edit. -->

\`rep <command> --help\` prints the same in the terminal. In a checkout, call it as \`npx rep\`. Exit statuses: [ci.md](ci.md#exit-statuses).`

function indexOf(commands: readonly CommandFacts[]): string {
  const rows = commands.map(({ id, summary }) => `| [\`rep ${id}\`](#${anchorOf(id)}) | ${cell(summary)} |`)
  return ['| command | what it does |', '| --- | --- |', ...rows].join('\n')
}

/** GitHub's anchor of the heading of a command. */
export function anchorOf(id: string): string {
  return `rep-${id.replaceAll(' ', '-')}`
}

function section(command: CommandFacts): string {
  const { id, summary, description, examples } = command
  const blocks = [`## rep ${id}`, summary, description, fence([usage(command)])]
  blocks.push(argTable(command), flagTable(command))
  if (examples.length > 0) blocks.push('Examples:', fence(examples))
  return blocks.filter((block) => block !== '').join('\n\n')
}

function fence(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n')
}

function usage({ id, args, flags, json }: CommandFacts): string {
  const names = Object.entries(args).map(([name, { required }]) => argName(name, required === true))
  const any = json || Object.values(flags).some(({ hidden }) => hidden !== true)
  return ['rep', id, ...names, ...(any ? ['[flags]'] : [])].join(' ')
}

function argName(name: string, required: boolean): string {
  return required ? name.toUpperCase() : `[${name.toUpperCase()}]`
}

function argTable({ args }: CommandFacts): string {
  const rows = Object.entries(args).map(
    ([name, arg]) => `| \`${argName(name, arg.required === true)}\` | ${about(arg)} |`,
  )
  return rows.length === 0 ? '' : ['| argument | |', '| --- | --- |', ...rows].join('\n')
}

function flagTable({ flags, json }: CommandFacts): string {
  const rows = Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => `| \`${flagName(name, flag)}\` | ${about(flag)} |`)
  if (json) rows.push('| `--json` | Prints the result as JSON on stdout, and nothing else there. |')
  return rows.length === 0 ? '' : ['| flag | |', '| --- | --- |', ...rows].join('\n')
}

function flagName(name: string, { char, type, allowNo, helpValue, options }: FlagFacts): string {
  const short = char === undefined ? '' : `-${char}, `
  if (type === 'boolean') return `${short}--${allowNo === true ? '[no-]' : ''}${name}`
  const value = helpValue ?? options?.join('\\|') ?? 'VALUE'
  return `${short}--${name} ${typeof value === 'string' ? value : value.join(' ')}`
}

function about(part: ArgFacts & Partial<FlagFacts>): string {
  const text = part.summary ?? part.description ?? ''
  const more = part.multiple === true && !/repeatable/i.test(text) ? ' Repeatable.' : ''
  return cell(`${text}${more}${defaultOf(part)}`)
}

function defaultOf({ default: value, defaultHelp }: ArgFacts & Partial<FlagFacts>): string {
  const shown = defaultHelp ?? value
  if (typeof shown !== 'string' && typeof shown !== 'number') return ''
  return ` Default: \`${shown}\`.`
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}
