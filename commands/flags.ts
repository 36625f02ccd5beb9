import { Flags } from '@oclif/core'

/** Where rep keeps runs and the embedded stack's data. */
export const dataDir = Flags.directory({
  description: 'Directory for runs and the embedded stack’s data. Default: $REP_HOME, else .rep here.',
  helpValue: 'DIR',
})
