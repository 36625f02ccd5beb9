import { CODES } from '../errors/codes.ts'
import type { RunRecord } from '../measure/run-record.ts'
import { exitOf } from '../measure/verdict.ts'

/** Exit status of a finished run: 130 where the user interrupted it, else by its verdict. */
export function exitStatus(record: RunRecord, interrupted: boolean): number {
  return interrupted ? CODES.REP_INTERRUPTED.exit : exitOf(record.verdict)
}
