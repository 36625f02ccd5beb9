import { z } from 'zod'
import { duration, whole } from './fields.ts'
import { loadSchema } from './load-schema.ts'
import { catalogueSchema, usersSchema } from './people-schema.ts'
import { pipelineSchema } from './pipeline-schema.ts'

const HOUR = 3_600_000

/** What a run must reach unless its scenario says otherwise. */
export const DEFAULT_OBJECTIVES: readonly string[] = [
  'freshness p99 < 1s',
  'recommend p99 < 200ms',
  'notify p99 < 1s',
  'ack p99.9 < 250ms',
  'rate >= 99%',
  'ledger clean',
]

const every = () => whole(2, 1_000_000_000).meta({ description: 'Each n-th record.', unit: 'records' })

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lose').meta({ description: 'Acknowledges records without storing them.' }),
    every: every(),
  }),
  z.strictObject({
    kind: z.literal('duplicate').meta({ description: 'Stores records twice.' }),
    every: every(),
  }),
  z.strictObject({
    kind: z
      .literal('reorder')
      .meta({ description: 'Stores records after their successors of the same key.' }),
    every: every(),
  }),
  z.strictObject({
    kind: z.literal('stall').meta({ description: 'Holds all appends once.' }),
    at: duration({ max: 48 * HOUR }).meta({ description: 'When, counted from the first append.' }),
    for: duration({ min: 1, max: HOUR }).meta({ description: 'How long.' }),
  }),
])

const text = (what: string) => z.string({ error: `expected ${what}` })

const limits = z.strictObject({
  scheduleLagP99: duration({ min: 0.01, max: HOUR })
    .prefault('100ms')
    .meta({ description: 'Most lateness of the generator itself, p99.' }),
  eventLoopP99: duration({ min: 1, max: HOUR })
    .prefault('250ms')
    .meta({ description: 'Most delay of the generator’s event loop, p99.' }),
})

/**
 * A scenario file as its author writes it: durations with units, every key optional. Parsing fills in the
 * defaults and turns durations into ms and percentages into shares; `effective-scenario.ts` does the rest.
 * The descriptions here are the only source of `scenarios/schema.json` and of the table in docs/scenarios.md.
 */
export const scenarioSchema = z.strictObject({
  title: text('one line of text')
    .prefault('')
    .meta({ description: 'One line: the question that the scenario answers.' }),
  description: text('text').prefault('').meta({ description: 'What it answers and how to read the result.' }),
  extends: text('the name of a built-in scenario')
    .optional()
    .meta({ description: 'Built-in scenario whose keys hold where this file gives none.' }),
  seed: whole(0, 2 ** 32 - 1)
    .prefault(1)
    .meta({ description: 'Everything random follows from it.' }),
  startsAt: z.iso
    .datetime({ error: 'expected a UTC time such as 2026-01-05T09:00:00Z' })
    .prefault('2026-01-05T09:00:00Z')
    .meta({
      description: 'Event time of the first event; fixed, so that the events are the same byte for byte.',
    }),
  warmup: duration({ max: HOUR }).prefault('3s').meta({ description: 'Load before the measured part.' }),
  drain: duration({ min: 1, max: HOUR })
    .prefault('10s')
    .meta({ description: 'How long the pipeline may take to finish after the last event.' }),
  load: loadSchema.prefault({}).meta({ description: 'Everything that is driven.' }),
  users: usersSchema.prefault({}).meta({ description: 'Who acts.' }),
  catalogue: catalogueSchema.prefault({}).meta({ description: 'What is acted on.' }),
  pipeline: pipelineSchema.prefault({}).meta({ description: 'Settings of the pipeline under test.' }),
  limits: limits
    .prefault({})
    .meta({ description: 'Beyond these the generator was slow, and the run is invalid.' }),
  faults: z
    .array(fault, { error: 'expected a list of faults, e.g. [{kind: lose, every: 1000}]' })
    .prefault([])
    .meta({ description: 'Faults put into the event log’s answers, to see the ledger find them.' }),
  objectives: z
    .array(text('an objective, e.g. freshness p99 < 1s'), { error: 'expected a list of objectives' })
    .prefault([...DEFAULT_OBJECTIVES])
    .meta({ description: 'What the run is judged by, one line each; an empty list judges nothing.' }),
})

export type ScenarioInput = z.output<typeof scenarioSchema>
