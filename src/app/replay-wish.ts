import { RepError } from '../errors/rep-error.ts'
import { COLUMN_ROLES, parseColumnMap } from '../load/replay/column-map.ts'
import { REPLAY_FORMATS, type ReplayFormatName } from '../load/replay/detect-format.ts'
import type { ReadOptions } from '../load/replay/open-replay.ts'
import { Home } from './home.ts'
import { lakePlace } from './lake/with-lake.ts'

/** How a recorded file is read and driven. */
export interface ReplayWish {
  /** A file, or where a lake is. */
  readonly file: string
  readonly isLake: boolean
  readonly read: ReadOptions
  /** Times faster than it happened, or null: at the scenario's rate, in file order. */
  readonly speed: number | null
}

/** What the flags of a replay may say. */
export const REPLAY_CHOICES = { formats: REPLAY_FORMATS, columns: COLUMN_ROLES } as const

export interface ReplayFlags {
  readonly file: string
  /** Whose lake `lake://` is. Default: embedded. */
  readonly stack?: string
  readonly 'data-dir'?: string | undefined
  /** As typed; without it and without a rate: 1. */
  readonly speed?: string | undefined
  readonly tps?: number | undefined
  readonly format?: ReplayFormatName | undefined
  readonly map?: string | undefined
  readonly header: boolean
  readonly delimiter?: string | undefined
}

/** A replay as its user wants it; throws REP_USAGE for a flag that says nothing. */
export function replayWish(flags: ReplayFlags): ReplayWish {
  const { speed, tps, format, map, header, delimiter } = flags
  return {
    ...sourceOf(flags),
    speed: tps === undefined ? parseSpeed(speed ?? '1') : null,
    read: {
      format: format ?? null,
      map: map === undefined ? null : parseColumnMap(map),
      header,
      delimiter: delimiter === undefined ? null : parseDelimiter(delimiter),
    },
  }
}

/** `lake://…` and `s3://…` are lakes; `lake://` alone is that of the stack's last run. */
function sourceOf(flags: ReplayFlags): Pick<ReplayWish, 'file' | 'isLake'> {
  const { file, stack = 'embedded', format, map, header, delimiter } = flags
  if (!/^(lake|s3):\/\//.test(file)) return { file, isLake: false }
  if (format !== undefined || map !== undefined || !header || delimiter !== undefined) {
    throw new RepError(
      'REP_USAGE',
      'A lake has columns of its own: no --format, --map, --no-header, --delimiter.',
    )
  }
  const place = lakePlace({ home: new Home(flags['data-dir']), stack, place: file })
  return { file: place, isLake: true }
}

/** `60`, `60x` or `0.5`. */
function parseSpeed(text: string): number {
  const speed = /^\d+(\.\d+)?x?$/i.test(text) ? Number.parseFloat(text) : 0
  if (speed > 0 && speed <= 1e9) return speed
  throw new RepError('REP_USAGE', `--speed ${text}: expected how many times faster, e.g. 60.`)
}

function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text
  if (delimiter !== '' && !/["\r\n]/.test(delimiter)) return delimiter
  throw new RepError(
    'REP_USAGE',
    `--delimiter: expected a character such as ; or tab, no quote or line break.`,
  )
}
