import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Scenario } from '../../config/scenario.ts'
import { parseS3Place } from '../../drivers/object-store/s3-options.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { Home } from '../home.ts'

/** Where the lake of a stack is unless a scenario says otherwise: not within the stack, so a run without a lake keeps it. */
export function defaultLake(home: Pick<Home, 'root'>, stack: string): string {
  return join(home.root, 'lake', stack)
}

/** The scenario with the place of its lake as every process of this host finds it. */
export function withLakePlace(scenario: Scenario, home: Pick<Home, 'root'>, stack: string): Scenario {
  const { lake } = scenario.pipeline
  if (!lake.enabled) return scenario
  const where = lake.where === null ? defaultLake(home, stack) : placeOf(lake.where)
  return { ...scenario, pipeline: { ...scenario.pipeline, lake: { ...lake, where } } }
}

/** A place as it is written: an absolute path, or `s3://bucket/prefix`. */
export function placeOf(text: string): string {
  return text.startsWith('s3://') ? text : resolve(text)
}

/** Throws REP_USAGE where a run's own lake, which it would empty, is the one that it replays. */
export function requireOtherLake(scenario: Scenario, replayed: string): void {
  const { enabled, where } = scenario.pipeline.lake
  if (!enabled || where === null || sameName(where) !== sameName(replayed)) return
  throw new RepError(
    'REP_USAGE',
    `The run would empty the lake that it replays: its own lake is ${where}, and it replays ${replayed}.`,
    {
      details: [
        'give it another place: --set pipeline.lake.where=…',
        'or none: --set pipeline.lake.enabled=false',
      ],
    },
  )
}

/** The same for all ways to write one place. */
function sameName(place: string): string {
  if (!place.startsWith('s3://')) return realPath(resolve(place))
  const { bucket, prefix } = parseS3Place(place)
  return `s3://${bucket}/${prefix}`
}

/** A path without links, as far as it is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path) throw error
    return join(realPath(dirname(path)), basename(path))
  }
}
