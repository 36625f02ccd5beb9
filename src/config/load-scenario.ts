import { resolve } from 'node:path'
import { builtInNames, findScenario, type ScenarioSource } from './built-ins.ts'
import { checkScenario, related } from './check-scenario.ts'
import { effectiveScenario } from './effective-scenario.ts'
import { readBase } from './extended-scenario.ts'
import { loadFeatures } from './features/load-features.ts'
import { type Changes, type Overrides, readChanges } from './overrides.ts'
import type { Scenario } from './scenario.ts'
import { readDocument } from './scenario-document.ts'
import type { Path } from './schema/keys.ts'
import { stretchPhases } from './stretch.ts'

export type { Overrides } from './overrides.ts'

/**
 * The effective scenario of a built-in name or a file's path. Precedence: flag, environment (REP_TPS,
 * REP_DURATION, REP_USERS, REP_SEED), scenario, default. Throws REP_SCENARIO with every fault of the file
 * and of the overrides, or REP_NOT_FOUND.
 */
export async function loadScenario(
  nameOrPath: string,
  overrides: Overrides = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Scenario> {
  const source = await findScenario(nameOrPath)
  const document = readDocument(source.text, source.file)
  const base = await readBase(source, document)
  const changes = readChanges(overrides, env)
  const input = checkScenario({ document, base, changes, builtIn: source.builtIn, file: source.file })
  const scenario = effectiveScenario(source.name, input)
  const { catalogue, load, pipeline } = scenario
  const { file } = input.pipeline.features
  const { durationMs } = changes
  return {
    ...scenario,
    catalogue: { ...catalogue, file: namedFile(['catalogue', 'file'], catalogue.file, { source, changes }) },
    pipeline: file === null ? pipeline : withDefinitions(pipeline, file, { source, changes }),
    load:
      durationMs === undefined
        ? load
        : { ...load, actions: { ...load.actions, phases: stretchPhases(load.actions.phases, durationMs) } },
  }
}

/** Name, title and description of every built-in scenario. */
export async function listScenarios(): Promise<readonly Pick<Scenario, 'name' | 'title' | 'description'>[]> {
  const all = await Promise.all((await builtInNames()).map((name) => loadScenario(name, {}, {})))
  return all.map(({ name, title, description }) => ({ name, title, description }))
}

interface Origin {
  readonly source: ScenarioSource
  readonly changes: Changes
}

function withDefinitions(pipeline: Scenario['pipeline'], file: string, origin: Origin): Scenario['pipeline'] {
  const definitions = loadFeatures(namedFile(['pipeline', 'features', 'file'], file, origin))
  return { ...pipeline, features: { ...pipeline.features, definitions } }
}

/** A file that a key names: beside the scenario, or where the command runs if an override named it. */
function namedFile<F extends string | null>(key: Path, file: F, { source, changes }: Origin): F {
  if (file === null) return file
  const overridden = changes.changes.some(({ path }) => related(path, key))
  return (overridden ? resolve(file) : resolve(source.directory, file)) as F
}
