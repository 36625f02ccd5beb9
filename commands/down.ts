import { Flags } from '@oclif/core'
import { down } from '../src/app/down.ts'
import { Home } from '../src/app/home.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Down extends BaseCommand {
  static override summary = 'Stop what rep up started.'
  static override examples = ['<%= config.bin %> down', '<%= config.bin %> down --volumes']
  static override flags = {
    stack: Flags.string({ description: 'Name of the stack.', default: 'native' }),
    volumes: Flags.boolean({ description: 'Remove the services’ data too.' }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Down)
    const stopped = await down({
      home: new Home(flags['data-dir']),
      name: flags.stack,
      volumes: flags.volumes,
      log: (line) => this.log(line),
    })
    this.log(stopped.length === 0 ? `The ${flags.stack} stack was not up.` : `Stopped ${stopped.join(', ')}.`)
    return { stopped }
  }
}
