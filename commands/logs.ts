import { Args, Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { logs, SERVICES } from '../src/app/logs.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Logs extends BaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Print the log of one service.'
  static override examples = [
    '<%= config.bin %> logs kafka',
    '<%= config.bin %> logs elasticsearch -f',
    '<%= config.bin %> logs redis -n 500 --stack second',
  ]
  static override args = {
    service: Args.option({ options: SERVICES, description: 'Which service.' })({ required: true }),
  }
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'Go on with what is added, until Ctrl-C.' }),
    lines: Flags.integer({
      char: 'n',
      description: 'How many of the newest lines.',
      helpValue: 'N',
      default: 50,
      min: 0,
    }),
    stack: Flags.string({
      description: 'Name of the stack. Default: the one that is up.',
      helpValue: 'NAME',
    }),
    'data-dir': dataDir,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs)
    const stop = interruptible(() => undefined)
    try {
      await logs({
        home: new Home(flags['data-dir']),
        name: flags.stack,
        service: args.service,
        lines: flags.lines,
        follow: flags.follow,
        signal: stop.signal,
        write: (text) => process.stdout.write(text),
      })
    } finally {
      stop.dispose()
    }
  }
}
