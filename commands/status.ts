import { Flags } from '@oclif/core'
import { renderStatus } from '../reports/status.ts'
import { Home } from '../src/app/home.ts'
import { requireHealthy, status } from '../src/app/status.ts'
import { BaseCommand } from './base-command.ts'
import { addressFlags, externalOf } from './external-flags.ts'
import { dataDir } from './flags.ts'

export default class Status extends BaseCommand {
  static override summary =
    'Every service of a stack: version, address, health, memory, topics and lag, indices and counts.'
  static override description = 'Ends with exit status 3 where a service is not healthy.'
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --json',
    '<%= config.bin %> status --stack external --config ./rep.yaml',
  ]
  static override flags = {
    stack: Flags.string({
      description: 'Name of the stack, or external. Default: the one that is up.',
      helpValue: 'NAME',
    }),
    'data-dir': dataDir,
    ...addressFlags,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status)
    const stack = await status(new Home(flags['data-dir']), flags.stack, externalOf(flags))
    this.log(renderStatus(stack, { color: process.stdout.isTTY === true }))
    if (!this.jsonEnabled()) requireHealthy(stack)
    else if (stack.services.some(({ health }) => health !== 'healthy')) process.exitCode = 3
    return stack
  }
}
