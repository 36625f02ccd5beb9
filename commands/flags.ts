import { Flags } from '@oclif/core'
import { parseDuration, parseRate } from '../src/config/units.ts'

/** Where rep keeps runs and the embedded stack's data. */
export const dataDir = Flags.directory({
  description: 'Directory for runs and the embedded stack’s data. Default: $REP_HOME, else .rep here.',
  helpValue: 'DIR',
})

/** A length of time with its unit; its value is in ms. */
export const duration = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (text) => parseDuration(text),
})

/** Events per second. */
export const rate = Flags.custom<number>({
  helpValue: 'RATE',
  parse: async (text) => parseRate(text),
})
