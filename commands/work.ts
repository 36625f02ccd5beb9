import { Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { KAFKA_CLIENTS } from '../src/app/lab-stack.ts'
import { startWork } from '../src/app/work/start-work.ts'
import { BaseCommand } from './base-command.ts'
import { addressFlags, externalOf } from './external-flags.ts'
import { dataDir } from './flags.ts'

export default class Work extends BaseCommand {
  static override summary = 'Run stages of the pipeline as a process of its own, for one run after the other.'
  static override description =
    'Joins the consumer groups of its stages and shares their partitions with the run’s own threads and with other ' +
    'workers; the lab of the run is told of everything that it observes. Waits for a run where there is none, and ' +
    'for the next one when it is over. Ctrl-C stops the intake, settles, commits, leaves the groups and ends; a ' +
    'second one stops at once. On another machine, give rep simulate --control an address that it can reach.\n\n' +
    'Exit status: 0 stopped as asked, 2 bad usage, 3 the stack is not up.'
  static override examples = [
    '<%= config.bin %> work',
    '<%= config.bin %> work --stages behavior,preference --stack native',
    '<%= config.bin %> simulate --stack native --pipeline workers',
  ]
  static override enableJsonFlag = false
  static override flags = {
    stages: Flags.string({
      description: 'Which stages, e.g. behavior,preference. Default: all.',
      helpValue: 'STAGE,…',
    }),
    stack: Flags.string({
      description: 'Name of the stack that rep up started, or external. Default: the one that is up.',
      helpValue: 'NAME',
    }),
    'kafka-client': Flags.option({
      options: KAFKA_CLIENTS,
      description: 'Which client drives Kafka; all members of a group need the same. Default: the run’s.',
    })(),
    'data-dir': dataDir,
    ...addressFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Work)
    const log = (line: string): void => this.log(line)
    const interrupt = interruptible(() =>
      log('Stopping: settling what was taken, then leaving. Again to stop at once.'),
    )
    try {
      await startWork({
        home: new Home(flags['data-dir']),
        stack: flags.stack,
        stages: flags.stages,
        kafkaClient: flags['kafka-client'] ?? null,
        external: externalOf(flags),
        signal: interrupt.signal,
        log,
      })
    } finally {
      interrupt.dispose()
    }
  }
}
