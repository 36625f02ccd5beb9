import { Args, Flags } from '@oclif/core'
import { plural } from '../../reports/format.ts'
import { findDeadLetter, listDeadLetters, replayDeadLetters } from '../../src/app/dead-letters.ts'
import { withLog } from '../../src/app/left-stack.ts'
import { RepError } from '../../src/errors/rep-error.ts'
import { BaseCommand } from '../base-command.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class DlqReplay extends BaseCommand {
  static override summary = 'Append dead letters to their own topics again.'
  static override description =
    'With their own keys, values and headers. The letters stay in the dead-letter topic; a stage drops what it has ' +
    'applied before by its trace id.'
  static override examples = [
    '<%= config.bin %> dlq replay user.action.v1.dlq/0/12',
    '<%= config.bin %> dlq replay --all --topic user.action.v1',
    '<%= config.bin %> dlq replay --all --stack native',
  ]
  static override args = { id: Args.string({ description: 'TOPIC/PARTITION/OFFSET of one letter.' }) }
  static override flags = {
    all: Flags.boolean({ description: 'Replay every letter.' }),
    topic: Flags.string({
      description: 'With --all: only letters of this topic.',
      helpValue: 'TOPIC',
      dependsOn: ['all'],
    }),
    ...stackFlags,
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqReplay)
    const { id } = args
    if ((id === undefined) !== (flags.all === true)) {
      throw new RepError('REP_USAGE', 'name one letter, or say --all')
    }
    const replayed = await withLog(stackOf(flags), async (log) => {
      const letters =
        id === undefined ? await listDeadLetters(log, flags.topic) : [await findDeadLetter(log, id)]
      return replayDeadLetters(log, letters)
    })
    this.log(`Replayed ${plural(replayed, 'dead letter')}.`)
    return { replayed }
  }
}
