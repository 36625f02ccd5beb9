import { Args } from '@oclif/core'
import { decodeLetter, findDeadLetter, withEmbeddedLog } from '../../src/app/dead-letters.ts'
import { Home } from '../../src/app/home.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class DlqShow extends BaseCommand {
  static override summary = 'Show one dead letter whole, its event decoded where that is possible.'
  static override examples = ['<%= config.bin %> dlq show user.action.v1.dlq/0/12']
  static override args = {
    id: Args.string({ description: 'TOPIC/PARTITION/OFFSET of the letter.', required: true }),
  }
  static override flags = { 'data-dir': dataDir }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DlqShow)
    const home = new Home(flags['data-dir'])
    const { id, letter } = await withEmbeddedLog(home, (log) => findDeadLetter(log, args.id))
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
      event: decodeLetter(letter),
      valueHex: Buffer.from(letter.value).toString('hex'),
    }
    this.log(JSON.stringify(shown, null, 2))
    return shown
  }
}
