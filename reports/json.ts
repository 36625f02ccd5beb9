import type { RunRecord } from '../src/measure/run-record.ts'
import schema from './run.schema.json' with { type: 'json' }

/** JSON Schema (2020-12) of a run record. */
export const RUN_SCHEMA: Readonly<Record<string, unknown>> = schema

/** The record as `run.json` holds it: indented, one trailing line break. */
export function renderJson(record: RunRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}
