import type { FaultStep } from '../config/scenario.ts'
import type { EventLog } from '../ports/event-log.ts'
export function withFaults(log: EventLog, _steps: readonly FaultStep[]): EventLog {
  return log
}
