import { join, resolve } from 'node:path'
import type { Scenario } from '../../config/scenario.ts'
import type { Home } from '../home.ts'

/** Where the lake of a stack is unless a scenario says otherwise; the embedded stack's goes with it. */
export function defaultLake(home: Pick<Home, 'root' | 'embedded'>, stack: string): string {
  return stack === 'embedded' ? join(home.embedded, 'lake') : join(home.root, 'lake', stack)
}

/** The scenario with the place of its lake as every process of this host finds it. */
export function withLakePlace(
  scenario: Scenario,
  home: Pick<Home, 'root' | 'embedded'>,
  stack: string,
): Scenario {
  const { lake } = scenario.pipeline
  if (!lake.enabled) return scenario
  const where = lake.where === null ? defaultLake(home, stack) : placeOf(lake.where)
  return { ...scenario, pipeline: { ...scenario.pipeline, lake: { ...lake, where } } }
}

/** A place as it is written: an absolute path, or `s3://bucket/prefix`. */
export function placeOf(text: string): string {
  return text.startsWith('s3://') ? text : resolve(text)
}
