import type { StackSettings } from './settings.ts'
import type { ServiceName, StackDescription, StackHome } from './stack-description.ts'

export interface StackUpOptions {
  readonly home: StackHome
  readonly name: string
  /** What is not given is as it was before, else a default. */
  readonly settings: Partial<StackSettings>
  /** One line of progress. */
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

export interface StackUp {
  readonly description: StackDescription
  /** Services that this call started; the others were up. */
  readonly started: readonly ServiceName[]
}

export interface StackDownOptions {
  readonly home: StackHome
  readonly name: string
  /** Data, settings and logs go too. */
  readonly volumes: boolean
  readonly log: (line: string) => void
}
