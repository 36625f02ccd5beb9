import type { Artifacts } from './artifacts.ts'
import type { Java } from './java.ts'
import type { NativePorts, NativeSettings } from './settings.ts'

/** What the plans of a stack's services are made of. */
export interface PlanContext {
  /** The stack's own directory. */
  readonly directory: string
  readonly java: Java
  readonly artifacts: Artifacts
  readonly settings: NativeSettings
  readonly ports: NativePorts
  /** User that unprivileged services run as; null: as rep itself. */
  readonly uid: number | null
}
