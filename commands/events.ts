import { Args, Flags } from '@oclif/core'
import { writeEvents } from '../src/app/write-events.ts'
import { loadScenario } from '../src/config/load-scenario.ts'
import { BaseCommand } from './base-command.ts'
import { duration, rate, shard } from './flags.ts'

export default class Events extends BaseCommand {
  static override summary = 'Print the very events that a scenario and seed would send.'
  static override description =
    'Sends nothing. As JSON lines ({dueUs, topic, key, value}), or as Confluent-framed Avro: each value preceded ' +
    'by its length as a 32-bit big-endian number. Due times are in microseconds from the start of the run, warm-up ' +
    'included. Canaries are not listed: rep simulate adds them, to follow them.'
  static override examples = [
    '<%= config.bin %> events --scenario baseline --seed 7 --count 1000',
    '<%= config.bin %> events --scenario flash-sale --count 100000 --format avro > events.bin',
    '<%= config.bin %> events --tps 100 --duration 10s --shard 2/5',
    '<%= config.bin %> events --count 1000 | jq -r .value.actionType | sort | uniq -c',
  ]
  static override enableJsonFlag = false
  static override args = { scenario: Args.string({ description: 'As --scenario, and stronger.' }) }
  static override flags = {
    scenario: Flags.string({
      description: 'Built-in scenario, or path of a YAML file.',
      helpValue: 'SCENARIO',
      default: 'baseline',
    }),
    count: Flags.integer({ description: 'How many events; without it all of them.', helpValue: 'N', min: 0 }),
    format: Flags.option({
      options: ['jsonl', 'avro'] as const,
      default: 'jsonl',
      description: 'JSON lines, or the bytes as the event log gets them.',
    })(),
    seed: Flags.integer({
      description: 'Seed of everything random: the same seed makes the same events.',
      helpValue: 'N',
      min: 0,
    }),
    tps: rate({ description: 'User actions per second, e.g. 10000 or 10k.' }),
    duration: duration({ description: 'Length of the measured part, e.g. 30s.' }),
    users: Flags.integer({ description: 'Number of virtual users.', helpValue: 'N', min: 1 }),
    shard: shard({
      description:
        'Only what this shard of a sharded run sends, e.g. 2/5; all shards together send the whole.',
    }),
    set: Flags.string({
      multiple: true,
      description: 'Overrides one key of the scenario, e.g. --set users.zipf=1.2. Repeatable.',
      helpValue: 'PATH=VALUE',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Events)
    const { tps, duration: durationMs, users, seed, set, count, format } = flags
    const scenario = await loadScenario(args.scenario ?? flags.scenario, {
      tps,
      durationMs,
      users,
      seed,
      set,
    })
    await writeEvents(scenario, {
      format,
      out: process.stdout,
      ...(count === undefined ? {} : { count }),
      ...(flags.shard === undefined
        ? {}
        : { shard: { shard: flags.shard.index - 1, shards: flags.shard.of } }),
    })
  }
}
