import { Flags } from '@oclif/core'
import type { CollectSettings } from '../src/app/with-collect.ts'
import { parseMebibytes } from '../src/config/units.ts'
import { rate } from './flags.ts'

const MIB = 1024 * 1024
const size = Flags.custom<number>({ helpValue: 'SIZE', parse: async (text) => parseMebibytes(text) })

/** Who may send events, how many, and how much is kept while the event log is down. */
export const collectFlags = {
  'write-key': Flags.string({
    multiple: true,
    description: 'Who may send: a name and its key, or several; without any, everybody may. Repeatable.',
    helpValue: 'NAME=KEY',
    env: 'REP_WRITE_KEYS',
    delimiter: ',',
  }),
  'rate-limit': rate({
    description:
      'Events per second of each write key or, without keys, of each address; over it: 429. Default: none.',
  }),
  'body-limit': size({
    description: 'Most of one request’s body, also after unpacking. Default: 2m.',
  }),
  'spool-limit': size({
    description: 'Most on disk while the event log is down; over it: 503. Default: 256m.',
  }),
  origin: Flags.string({
    multiple: true,
    description: 'Origin whose pages may send, e.g. https://shop.example; * for all. Repeatable.',
    helpValue: 'ORIGIN',
    default: ['*'],
  }),
}

/** What these flags mean. */
export function collectSettings(flags: {
  readonly 'write-key'?: readonly string[] | undefined
  readonly 'rate-limit'?: number | undefined
  readonly 'body-limit'?: number | undefined
  readonly 'spool-limit'?: number | undefined
  readonly origin: readonly string[]
}): CollectSettings {
  return {
    writeKeys: flags['write-key'] ?? [],
    eventsPerSecond: flags['rate-limit'] ?? null,
    bodyLimitBytes: (flags['body-limit'] ?? 2) * MIB,
    spoolMaxBytes: (flags['spool-limit'] ?? 256) * MIB,
    origins: flags.origin,
  }
}
