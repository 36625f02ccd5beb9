import { statSync } from 'node:fs'
import { RepError } from '../errors/rep-error.ts'
import { ComposeProject } from '../stacks/compose/docker.ts'
import { followFile } from '../stacks/follow-file.ts'
import { lastLines } from '../stacks/last-lines.ts'
import { logsOf } from '../stacks/native/log-files.ts'
import { resolveSettings, stackKind } from '../stacks/settings.ts'
import { SERVICES, type ServiceName, type StackHome, stackDirectory } from '../stacks/stack-description.ts'
import { findStackName } from '../stacks/stack-name.ts'

export { SERVICES, type ServiceName }

export interface LogsOptions {
  readonly home: StackHome
  readonly name?: string | undefined
  readonly service: ServiceName
  /** How many of the newest lines to begin with. */
  readonly lines: number
  /** Goes on with what is added, until `signal` is aborted. */
  readonly follow: boolean
  readonly signal: AbortSignal
  readonly write: (text: string) => void
}

/** Shows a service's log, also of a stack that is down. Containers' logs go straight to the terminal. */
export async function logs(options: LogsOptions): Promise<void> {
  const { home, service, lines, follow, signal, write } = options
  const name = findStackName(home, options.name)
  if (stackKind(home, name) === 'compose') {
    const project = new ComposeProject(name, resolveSettings(home, name, {}))
    return project.show(['logs', '--tail', String(lines), ...(follow ? ['--follow'] : []), service], signal)
  }
  const files = logsOf(stackDirectory(home, name), service)
  const file = files.find((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) ?? files[0]
  if (!follow && statSync(file, { throwIfNoEntry: false }) === undefined)
    throw new RepError('REP_NOT_FOUND', `${service} of the ${name} stack has no log yet (${file}).`)
  for (const line of lastLines(file, lines)) write(`${line}\n`)
  if (follow) for await (const text of followFile(file, signal)) write(text)
}
