import type { StackPorts, StackSettings } from '../settings.ts'
import type { Artifacts } from './artifacts.ts'
import type { Java } from './java.ts'

/** What the plans of a stack's services are made of. */
export interface PlanContext {
  /** The stack's own directory. */
  readonly directory: string
  readonly java: Java
  readonly artifacts: Artifacts
  readonly settings: StackSettings
  readonly ports: StackPorts
  /** User that unprivileged services run as; null: as rep itself. */
  readonly uid: number | null
}
