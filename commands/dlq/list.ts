import { Flags } from '@oclif/core'
import { deadLetterTable } from '../../reports/dead-letters.ts'
import { listDeadLetters } from '../../src/app/dead-letters.ts'
import { withLog } from '../../src/app/left-stack.ts'
import { BaseCommand } from '../base-command.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class DlqList extends BaseCommand {
  static override summary = 'List what stages could not handle, with the reason.'
  static override description = 'Those of the stack’s newest run only: each run begins with an empty stack.'
  static override examples = [
    '<%= config.bin %> dlq list',
    '<%= config.bin %> dlq list --stack native',
    '<%= config.bin %> dlq list --topic user.action.v1 --json',
  ]
  static override flags = {
    topic: Flags.string({
      description: 'Only letters of this topic, e.g. user.action.v1.',
      helpValue: 'TOPIC',
    }),
    ...stackFlags,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DlqList)
    const letters = await withLog(stackOf(flags), (log) => listDeadLetters(log, flags.topic))
    const rows = letters.map(({ id, letter: { stage, reason, topic, partition, offset, timestampMs } }) => ({
      id,
      stage,
      reason,
      original: `${topic}/${partition}/${offset}`,
      at: new Date(timestampMs).toISOString(),
    }))
    this.log(deadLetterTable(rows))
    return rows
  }
}
