import { Flags } from '@oclif/core'
import { down } from '../src/app/down.ts'
import { Home } from '../src/app/home.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Down extends BaseCommand {
  static override summary = 'Stop the services that rep up started.'
  static override description =
    'Data, logs and settings stay for the next rep up, except for Redis, which keeps nothing. With --volumes they are removed.'
  static override examples = [
    '<%= config.bin %> down',
    '<%= config.bin %> down --volumes',
    '<%= config.bin %> down --stack second',
  ]
  static override flags = {
    stack: Flags.string({
      description: 'Name of the stack. Default: the one that is up.',
      helpValue: 'NAME',
    }),
    volumes: Flags.boolean({ description: 'Remove the services’ data, logs and settings too.' }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Down)
    const result = await down({
      home: new Home(flags['data-dir']),
      name: flags.stack,
      volumes: flags.volumes,
      log: (line) => this.log(line),
    })
    const { name, stopped } = result
    this.log(stopped.length === 0 ? `The ${name} stack was not up.` : `Stopped ${stopped.join(', ')}.`)
    return result
  }
}
