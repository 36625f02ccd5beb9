import { Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { serveRecommendations } from '../src/app/serve-recommendations.ts'
import { loadScenario } from '../src/config/load-scenario.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

export default class Serve extends BaseCommand {
  static override summary = 'Serve recommendations over HTTP, alone.'
  static override description =
    'Serves what the last run left in the embedded stack; an empty stack is given the scenario’s catalogue first. ' +
    'OpenAPI document: /openapi.json; metrics: /metrics. Stops on Ctrl-C.'
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --port 8080',
    'curl "http://127.0.0.1:8080/v1/users/user-000001/recommendations?limit=5&inStock=true"',
  ]
  static override enableJsonFlag = false
  static override flags = {
    host: Flags.string({
      description: 'Address to listen on; anything but loopback is reachable by others.',
      default: '127.0.0.1',
    }),
    port: Flags.integer({ description: 'Port; 0 takes any free one.', default: 8080, min: 0, max: 65_535 }),
    scenario: Flags.string({ description: 'Whose catalogue and settings to use.', default: 'baseline' }),
    set: Flags.string({
      multiple: true,
      description: 'Overrides one key of the scenario.',
      helpValue: 'PATH=VALUE',
    }),
    'data-dir': dataDir,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve)
    const scenario = await loadScenario(flags.scenario, { set: flags.set })
    const interrupt = interruptible(() => undefined)
    const { host, port } = flags
    const log = (line: string): void => this.log(line)
    try {
      await serveRecommendations(new Home(flags['data-dir']), scenario, {
        host,
        port,
        log,
        signal: interrupt.signal,
      })
    } finally {
      interrupt.dispose()
    }
  }
}
