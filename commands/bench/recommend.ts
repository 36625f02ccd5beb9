import { Flags } from '@oclif/core'
import { renderBenchRecommend } from '../../reports/bench-recommend.ts'
import { benchRecommend } from '../../src/app/bench-recommend.ts'
import { interruptible } from '../../src/app/interruptible.ts'
import { CODES } from '../../src/errors/codes.ts'
import { BaseCommand } from '../base-command.ts'
import { duration, rate } from '../flags.ts'

export default class BenchRecommend extends BaseCommand {
  static override summary = 'Drive a recommendation service at a fixed rate in an open loop.'
  static override description =
    'Latency counts from when each request was due, so a stalled server cannot hide. Without --url it drives rep’s ' +
    'own service on the embedded stack, and prints its recall against exact search beside the latencies. Two ' +
    'seconds at the same rate warm it up.\n\nExit status: 0 measured, 6 the client fell behind its schedule, 3 the ' +
    'service cannot be reached, 130 interrupted.'
  static override examples = [
    '<%= config.bin %> bench recommend --rate 500 --duration 20s',
    "<%= config.bin %> bench recommend --url 'http://127.0.0.1:8080/v1/users/{userId}/recommendations' --json",
  ]
  static override flags = {
    rate: rate({ description: 'Requests per second.', default: 500 }),
    duration: duration({
      description: 'Length of the measured part.',
      default: 20_000,
      defaultHelp: async () => '20s',
    }),
    url: Flags.string({
      description: 'Service to drive with GET; {userId} stands for the user.',
      helpValue: 'URL',
    }),
    connections: Flags.integer({
      description: 'Keep-alive connections.',
      helpValue: 'N',
      default: 16,
      min: 1,
    }),
    products: Flags.integer({
      description: 'Products of the embedded service.',
      helpValue: 'N',
      default: 20_000,
      min: 1,
    }),
    users: Flags.integer({
      description: 'Users to ask for: user-000000 and on.',
      helpValue: 'N',
      default: 10_000,
      min: 1,
    }),
    seed: Flags.integer({ description: 'Seed of everything random.', helpValue: 'N', default: 1, min: 0 }),
    timeout: duration({
      description: 'A request without an answer by then has failed.',
      default: 10_000,
      defaultHelp: async () => '10s',
    }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(BenchRecommend)
    const { rate: perSecond, duration: durationMs, url, timeout: timeoutMs, ...rest } = flags
    const say = (line: string): void => this.logToStderr(line)
    const interrupt = interruptible(say)
    try {
      const result = await benchRecommend({
        ...rest,
        rate: perSecond,
        durationMs,
        timeoutMs,
        ...(url === undefined ? {} : { url }),
        signal: interrupt.signal,
        onProgress: (progress) => {
          if (progress.step === 'preparing') say(`Preparing ${flags.products} products …`)
          else say(`${progress.responded} of ${progress.due} answered`)
        },
      })
      process.exitCode = result.aborted
        ? CODES.REP_INTERRUPTED.exit
        : result.valid
          ? 0
          : CODES.REP_INVALID.exit
      this.log(renderBenchRecommend(result, { color: process.stdout.isTTY === true }))
      return result
    } finally {
      interrupt.dispose()
    }
  }
}
