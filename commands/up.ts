import { Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { type StackSettings, up } from '../src/app/up.ts'
import { parseMebibytes } from '../src/config/units.ts'
import { BaseCommand } from './base-command.ts'
import { dataDir } from './flags.ts'

const memory = Flags.custom<number>({ helpValue: 'SIZE', parse: async (text) => parseMebibytes(text) })

export default class Up extends BaseCommand {
  static override summary =
    'Start Kafka, a schema registry, Elasticsearch, Redis and PostgreSQL, and wait until they are healthy.'
  static override description =
    'Without --stack: in containers where a Docker engine answers, else as plain processes where Java and Maven are there. The services live on after the command, on 127.0.0.1 only. Where PostgreSQL is not installed, plain processes come up without it: only statistics need it. Run again, it starts what is missing and leaves the rest alone. What is not given is as it was the last time.'
  static override examples = [
    '<%= config.bin %> up',
    '<%= config.bin %> up --stack native',
    '<%= config.bin %> up --stack native --name second --elasticsearch-heap 2g',
  ]
  static override flags = {
    stack: Flags.option({
      options: ['native', 'compose'] as const,
      description: 'Plain processes, or containers. Default: what this machine can run.',
    })(),
    name: Flags.string({
      description: 'Name of the stack; several run side by side. Default: native or compose.',
      helpValue: 'NAME',
    }),
    'port-base': Flags.integer({
      description: 'First of the stack’s 20 ports. Default: 19090, and 20 more for each other stack.',
      helpValue: 'PORT',
    }),
    'kafka-heap': memory({ description: 'Heap of Kafka. Default: 512m.' }),
    'elasticsearch-heap': memory({ description: 'Heap of Elasticsearch. Default: 1g.' }),
    'registry-heap': memory({ description: 'Heap of the schema registry. Default: 256m.' }),
    'redis-memory': memory({ description: 'Most that Redis may hold. Default: 1g.' }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Up)
    const stop = interruptible(() =>
      this.logToStderr('Stopping what was started. Again to leave it running.'),
    )
    const given = {
      portBase: flags['port-base'],
      kafkaHeapMb: flags['kafka-heap'],
      elasticsearchHeapMb: flags['elasticsearch-heap'],
      registryHeapMb: flags['registry-heap'],
      redisMaxMb: flags['redis-memory'],
    }
    try {
      const result = await up({
        home: new Home(flags['data-dir']),
        kind: flags.stack,
        name: flags.name,
        settings: withoutUndefined(given),
        log: (line) => this.log(line),
        signal: stop.signal,
      })
      const { name } = result.description
      this.log(result.started.length === 0 ? `The ${name} stack is up already.` : `The ${name} stack is up.`)
      return result
    } finally {
      stop.dispose()
    }
  }
}

function withoutUndefined(
  given: {
    [key in keyof StackSettings]: number | undefined
  },
): Partial<StackSettings> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
