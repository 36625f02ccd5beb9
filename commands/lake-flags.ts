import { Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import type { LakeWish } from '../src/app/lake/with-lake.ts'
import { dataDir } from './flags.ts'

/** Which lake. */
export const lakeFlags = {
  lake: Flags.string({
    description:
      'Where it is: a directory, or s3://bucket/prefix with the usual AWS_ variables. Default: the lake of the stack’s last run.',
    helpValue: 'PLACE',
    exclusive: ['stack'],
  }),
  stack: Flags.string({
    description: 'The stack whose last run made it. Default: embedded.',
    helpValue: 'NAME',
  }),
  'data-dir': dataDir,
}

/** The lake that these flags mean. */
export function lakeOf(flags: {
  readonly lake?: string | undefined
  readonly stack?: string | undefined
  readonly 'data-dir'?: string | undefined
}): LakeWish {
  return { home: new Home(flags['data-dir']), stack: flags.stack ?? 'embedded', place: flags.lake }
}
