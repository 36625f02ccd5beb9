import { Args, Flags } from '@oclif/core'
import { loadScenario } from '../src/config/load-scenario.ts'
import { duration, rate, shard } from './flags.ts'
import { LabCommand, labFlags } from './lab-command.ts'

export default class Simulate extends LabCommand {
  static override summary = 'Run the whole pipeline under open-loop load and judge it by its objectives.'
  static override description =
    'SCENARIO is a built-in one (baseline, flash-sale, spike, ramp, soak, hot-key, cold-start, read-heavy, ' +
    'clickstream, events-500, posts-2m) or the path of a YAML file (docs/scenarios.md has every key). The run is kept in .rep/runs/<id>/, with report.html ' +
    'and run.json. Ctrl-C ends the load, drains and reports what there is; a second one stops at once.\n\n' +
    'Exit status: 0 all objectives met, 99 one missed, 6 the generator fell behind, 7 events lost, doubled or out ' +
    'of order, 2 bad usage or scenario, 3 something that it needs is missing or busy, 130 interrupted.'
  static override examples = [
    '<%= config.bin %> simulate --tps 10000',
    '<%= config.bin %> simulate ramp --tps 20000 --seed 7',
    '<%= config.bin %> simulate flash-sale --tps 20000 --json | jq .verdict',
    '<%= config.bin %> simulate --tps 20000 --stack native --shard 1/2',
    '<%= config.bin %> simulate ./mine.yaml --set load.reads.tps=200 --abort-on-breach 5s',
  ]
  static override args = {
    scenario: Args.string({ description: 'Built-in scenario, or path of a YAML file.', default: 'baseline' }),
  }
  static override flags = {
    tps: rate({
      description: 'User actions per second, e.g. 10000 or 10k. A phase’s rates are multiples of it.',
    }),
    duration: duration({ description: 'Length of the measured part, e.g. 30s; phases keep their shares.' }),
    users: Flags.integer({ description: 'Number of virtual users.', helpValue: 'N', min: 1 }),
    shard: shard({
      description:
        'Drive only this slice of the schedule, e.g. 2/5, while other processes drive the others; join them with rep report merge (docs/scaling.md). Not on the embedded stack.',
    }),
    ...labFlags,
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Simulate)
    const { tps, duration: durationMs, users, seed, set } = flags
    const scenario = await loadScenario(args.scenario, { tps, durationMs, users, seed, set })
    const prepare = async () => ({ scenario, source: { kind: 'generated' } as const })
    return this.runLabAndReport({ name: scenario.name, prepare, flags })
  }
}
