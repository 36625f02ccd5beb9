import { Flags } from '@oclif/core'
import { interruptible } from '../src/app/interruptible.ts'
import { serveRecommendations } from '../src/app/serve-recommendations.ts'
import { loadScenario } from '../src/config/load-scenario.ts'
import { BaseCommand } from './base-command.ts'
import { collectFlags, collectSettings } from './collect-flags.ts'
import { listenFlags, stackFlags, stackOf } from './flags.ts'

export default class Serve extends BaseCommand {
  static override summary = 'Serve recommendations and take events over HTTP.'
  static override description =
    'Serves what the last run left in the stack; an empty stack is given the scenario’s catalogue first. ' +
    'Recommendations: /v1/users/{userId}/recommendations and /v1/products/{productId}/similar; events: ' +
    'POST /v1/events and all else of rep collect; with --statistics counts: /v1/statistics, …/top, …/live; OpenAPI document: /openapi.json; /healthz, /readyz, /metrics. Stops on Ctrl-C.'
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --port 8080',
    '<%= config.bin %> serve --stack native',
    '<%= config.bin %> serve --statistics',
    'curl "http://127.0.0.1:8080/v1/users/user-000001/recommendations?limit=5&inStock=true"',
  ]
  static override enableJsonFlag = false
  static override flags = {
    ...listenFlags(8080),
    scenario: Flags.string({
      description: 'Built-in scenario, or path of a YAML file, whose catalogue and settings to use.',
      helpValue: 'SCENARIO',
      default: 'baseline',
    }),
    set: Flags.string({
      multiple: true,
      description:
        'Overrides one key of the scenario, e.g. --set pipeline.recommend.diversity=0.3. Repeatable.',
      helpValue: 'PATH=VALUE',
    }),
    statistics: Flags.boolean({
      description:
        'Counts what comes in and serves /v1/statistics; as --set pipeline.statistics.enabled=true. Needs PostgreSQL on a stack of services.',
    }),
    ...collectFlags,
    ...stackFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve)
    const counting = flags.statistics ? ['pipeline.statistics.enabled=true'] : []
    const scenario = await loadScenario(flags.scenario, { set: [...(flags.set ?? []), ...counting] })
    const interrupt = interruptible(() => undefined)
    const { host, port } = flags
    const log = (line: string): void => this.log(line)
    try {
      await serveRecommendations(stackOf(flags), scenario, {
        host,
        port,
        collect: collectSettings(flags),
        log,
        signal: interrupt.signal,
      })
    } finally {
      interrupt.dispose()
    }
  }
}
