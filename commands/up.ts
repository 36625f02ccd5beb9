import { Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { up } from '../src/app/up.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Up extends BaseCommand {
  static override summary =
    'Start Kafka, a schema registry, Elasticsearch and Redis, and wait until they are healthy.'
  static override examples = ['<%= config.bin %> up --stack native']
  static override flags = {
    stack: Flags.option({
      options: ['native'] as const,
      description: 'How the services run.',
      default: 'native' as const,
    })(),
    'port-base': Flags.integer({ description: 'First of the stack’s ports.' }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Up)
    const stop = interruptible((line) => this.logToStderr(line))
    try {
      const base = flags['port-base']
      return await up({
        home: new Home(flags['data-dir']),
        name: flags.stack,
        settings: base === undefined ? {} : { portBase: base },
        log: (line) => this.log(line),
        signal: stop.signal,
      })
    } finally {
      stop.dispose()
    }
  }
}
