import { readFileSync } from 'node:fs'
import type { RunRecord } from '../../../src/measure/run-record.ts'
import type { Kind } from '../../fixtures/run-records/build.ts'

/** A stored fixture record. */
export function storedRecord(kind: Kind): RunRecord {
  return JSON.parse(readFileSync(new URL(`../../fixtures/run-records/${kind}.json`, import.meta.url), 'utf8'))
}

/** The hostile text that no report may pass on as markup, colour or a cursor movement. */
export const HOSTILE = '<script>alert("x")</script>&\'|`\u001b[2J\u0000'

/** A record whose every free text is hostile. */
export function hostileRecord(): RunRecord {
  const record = storedRecord('loss')
  return {
    ...record,
    id: HOSTILE,
    scenario: HOSTILE,
    stack: HOSTILE,
    notes: [HOSTILE],
    invalidReasons: [HOSTILE],
    manifest: {
      ...record.manifest,
      command: HOSTILE,
      scenario: { name: HOSTILE },
      versions: { [HOSTILE]: HOSTILE },
    },
    objectives: record.objectives.map((objective) => ({
      ...objective,
      text: HOSTILE,
      reason: HOSTILE,
      met: false,
    })),
    conservation: record.conservation.map((row) => ({ ...row, stage: HOSTILE })),
    ledger: { ...record.ledger, examples: [{ verdict: 'lost', traceId: HOSTILE, detail: HOSTILE }] },
    timeline: record.timeline.map((point) => ({ ...point, backlog: { [HOSTILE]: 3 } })),
    resources: record.resources.map((used) => ({ ...used, name: HOSTILE })),
  }
}

/** A run in which nothing happened. */
export function emptyRecord(): RunRecord {
  const record = storedRecord('tiny')
  const none = { p50: null, p99: null, max: null }
  return {
    ...record,
    load: {
      ...record.load,
      offered: 0,
      sent: 0,
      achievedTps: 0,
      measuredMs: 0,
      warmup: 0,
      scheduleLagMs: none,
    },
    stages: {},
    ledger: { ...record.ledger, acknowledged: 0, processed: 0 },
    conservation: [],
    objectives: [],
    resources: [],
    timeline: [],
    notes: [],
  }
}
