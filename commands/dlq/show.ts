import { Args } from '@oclif/core'
import { decodeLetter, findDeadLetter } from '../../src/app/dead-letters.ts'
import { schemaIdsOf, withLog } from '../../src/app/left-stack.ts'
import { BaseCommand } from '../base-command.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class DlqShow extends BaseCommand {
  static override summary = 'Show one dead letter whole, its event decoded where that is possible.'
  static override examples = [
    '<%= config.bin %> dlq show user.action.v1.dlq/0/12',
    '<%= config.bin %> dlq show user.action.v1.dlq/0/12 --stack native',
  ]
  static override args = {
    id: Args.string({ description: 'TOPIC/PARTITION/OFFSET of the letter.', required: true }),
  }
  static override flags = stackFlags

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqShow)
    const stack = stackOf(flags)
    const { id, letter } = await withLog(stack, (log) => findDeadLetter(log, args.id))
    const shown = {
      id,
      reason: letter.reason,
      stage: letter.stage,
      original: { topic: letter.topic, partition: letter.partition, offset: letter.offset },
      at: new Date(letter.timestampMs).toISOString(),
      key: Buffer.from(letter.key).toString(),
      headers: Object.fromEntries(
        Object.entries(letter.headers).map(([k, v]) => [k, Buffer.from(v).toString('hex')]),
      ),
      event: decodeLetter(letter, await schemaIdsOf(stack)),
      valueHex: Buffer.from(letter.value).toString('hex'),
    }
    this.log(JSON.stringify(shown, null, 2))
    return shown
  }
}
