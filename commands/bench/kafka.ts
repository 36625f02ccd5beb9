import { Flags } from '@oclif/core'
import { renderBenchKafka } from '../../reports/bench-kafka.ts'
import { type BenchKafkaResult, benchKafka } from '../../src/app/bench-kafka.ts'
import { chosenClients, findBrokers } from '../../src/app/bench-kafka-choice.ts'
import { Home } from '../../src/app/home.ts'
import { interruptible } from '../../src/app/interruptible.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class BenchKafka extends BaseCommand {
  static override summary =
    'Measure the Kafka clients side by side: what a record costs to append and to consume.'
  static override description =
    'Appends keyed records with acks=all to topics of its own with 12 partitions, in values of 200 bytes and 1 KiB and batches of 100 and 500, reads them back with a consumer group and deletes the topics. Latency is measured in a closed loop: it compares clients, and says little about a service under a given load.'
  static override examples = [
    '<%= config.bin %> bench kafka',
    '<%= config.bin %> bench kafka --brokers localhost:9092 --clients platformatic,kafkajs --json',
  ]
  static override flags = {
    brokers: Flags.string({
      description: 'Bootstrap brokers, with commas between. Default: those of the stack that rep up started.',
      helpValue: 'HOST:PORT',
    }),
    records: Flags.integer({ description: 'Records of each case.', default: 100_000, min: 1000 }),
    clients: Flags.string({
      description: 'platformatic, kafkajs and rdkafka, with commas between. Default: all that are installed.',
      helpValue: 'NAMES',
    }),
    'data-dir': dataDir,
  }

  async run(): Promise<BenchKafkaResult> {
    const { flags } = await this.parse(BenchKafka)
    const say = (line: string): void => this.logToStderr(line)
    const interrupt = interruptible(say)
    try {
      const result = await benchKafka({
        brokers: findBrokers(new Home(flags['data-dir']), flags.brokers),
        records: flags.records,
        ...chosenClients(flags.clients),
        signal: interrupt.signal,
        onProgress: say,
      })
      this.log(renderBenchKafka(result, { color: process.stdout.isTTY === true }))
      return result
    } finally {
      interrupt.dispose()
    }
  }
}
