import { Flags } from '@oclif/core'
import { badEventTable } from '../../reports/bad-events.ts'
import { listBadEvents } from '../../src/app/bad-events.ts'
import { withLog } from '../../src/app/left-stack.ts'
import { BaseCommand } from '../base-command.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class CollectBad extends BaseCommand {
  static override summary = 'List what the collector could not take, with the reason.'
  static override description =
    'The newest, oldest of them first. With --json each comes whole: its faults with their JSON pointers, and ' +
    'the event or the request’s body as it was sent.'
  static override examples = [
    '<%= config.bin %> collect bad',
    '<%= config.bin %> collect bad --limit 5 --json',
    '<%= config.bin %> collect bad --stack native',
  ]
  static override flags = {
    limit: Flags.integer({ description: 'Most to list.', helpValue: 'N', default: 100, min: 1 }),
    ...stackFlags,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CollectBad)
    const events = await withLog(stackOf(flags), (log) => listBadEvents(log, flags.limit))
    this.log(badEventTable(events))
    return events
  }
}
