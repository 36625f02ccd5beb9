import { existsSync, readFileSync } from 'node:fs'
import type {
  FeatureDefinitions,
  PatternDefinition,
  WindowFeature,
} from '../../domain/features/definitions.ts'
import { RepError } from '../../errors/rep-error.ts'
import { place } from '../check-scenario.ts'
import { readDocument } from '../scenario-document.ts'
import { pathFaults } from '../scenario-faults.ts'
import { relationFaults } from './features-relations.ts'
import { type FeaturesInput, featuresSchema } from './features-schema.ts'

const NO_CHANGES = { changes: [], faults: [] }

/** The definitions of a YAML file. Throws REP_CONFIG with every fault and its place, or REP_NOT_FOUND. */
export function loadFeatures(file: string): FeatureDefinitions {
  if (!existsSync(file))
    throw new RepError('REP_NOT_FOUND', `There is no file of feature definitions ${file}.`)
  return parseFeatures(readFileSync(file, 'utf8'), file)
}

/** The definitions of a YAML text; `file` is what its faults name. */
export function parseFeatures(text: string, file: string): FeatureDefinitions {
  const document = readDocument(text, file)
  const parsed = featuresSchema.safeParse(document.raw, { reportInput: true })
  const wrong = [
    ...(parsed.success ? [] : pathFaults(parsed.error, document.raw, featuresSchema)),
    ...relationFaults(document.raw),
  ]
  const faults = place(wrong, { document, changes: { ...NO_CHANGES, durationMs: undefined } })
  if (faults.length === 0 && parsed.success) return effective(parsed.data)
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  throw new RepError('REP_CONFIG', `The feature definitions ${file} have ${count}.`, {
    details: faults.map(({ place: where, message }) => `${where}: ${message}`),
  })
}

function effective(input: FeaturesInput): FeatureDefinitions {
  const { lateness: latenessMs, sessionGap: sessionGapMs, recent } = input
  return {
    latenessMs,
    sessionGapMs,
    recent,
    windows: input.windows.map(
      ({ of = null, over: overMs, ...rest }): WindowFeature => ({ ...rest, of, overMs }),
    ),
    patterns: input.patterns.map(pattern),
  }
}

function pattern({ hold: holdMs, ...rest }: FeaturesInput['patterns'][number]): PatternDefinition {
  if (rest.kind === 'run') return { ...rest, holdMs }
  const { within: withinMs, ...absence } = rest
  return { ...absence, holdMs, withinMs }
}
