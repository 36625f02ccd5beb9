import { Flags } from '@oclif/core'
import { renderStatus } from '../reports/status.ts'
import { Home } from '../src/app/home.ts'
import { requireHealthy, status } from '../src/app/status.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Status extends BaseCommand {
  static override summary =
    'Every service of a stack: version, address, health, memory, topics and lag, indices and counts.'
  static override description = 'Ends with exit status 3 where a service is not healthy.'
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json']
  static override flags = {
    stack: Flags.string({
      description: 'Name of the stack. Default: the one that is up.',
      helpValue: 'NAME',
    }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status)
    const stack = await status(new Home(flags['data-dir']), flags.stack)
    this.log(renderStatus(stack, { color: process.stdout.isTTY === true }))
    if (!this.jsonEnabled()) requireHealthy(stack)
    else if (stack.services.some(({ health }) => health !== 'healthy')) process.exitCode = 3
    return stack
  }
}
