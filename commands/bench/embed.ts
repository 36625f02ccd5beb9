import { Flags } from '@oclif/core'
import { renderBenchEmbed } from '../../reports/bench-embed.ts'
import { benchEmbed } from '../../src/app/embed/bench-embed.ts'
import { interruptible } from '../../src/app/interruptible.ts'
import { CODES } from '../../src/errors/codes.ts'
import { BaseCommand } from '../base-command.ts'
import { modelFlags, modelOf } from '../embedder-flags.ts'
import { duration, rate } from '../flags.ts'

export default class BenchEmbed extends BaseCommand {
  static override summary = 'Embed texts at a fixed rate in an open loop.'
  static override description =
    'Short product names, one a call, no two the same and no cache; latency counts from when each was due. Two ' +
    'seconds at the same rate warm it up.\n\nExit status: 0 measured, 6 the generator fell behind its schedule, 3 ' +
    'the model is missing, 130 interrupted.'
  static override examples = [
    '<%= config.bin %> bench embed --rate 200',
    '<%= config.bin %> bench embed --rate 50 --model all-MiniLM-L6-v2 --model-path ./models --json',
  ]
  static override flags = {
    rate: rate({ description: 'Texts per second.', default: 100 }),
    duration: duration({
      description: 'Length of the measured part.',
      default: 10_000,
      defaultHelp: async () => '10s',
    }),
    seed: Flags.integer({ description: 'Seed of everything random.', helpValue: 'N', default: 1, min: 0 }),
    ...modelFlags,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(BenchEmbed)
    const { rate: perSecond, duration: durationMs, seed } = flags
    const say = (line: string): void => this.logToStderr(line)
    const interrupt = interruptible(say)
    try {
      const { signal } = interrupt
      const result = await benchEmbed(modelOf(flags, say), { rate: perSecond, durationMs, seed, signal })
      process.exitCode = result.aborted
        ? CODES.REP_INTERRUPTED.exit
        : result.valid
          ? 0
          : CODES.REP_INVALID.exit
      this.log(renderBenchEmbed(result, { color: process.stdout.isTTY === true }))
      return result
    } finally {
      interrupt.dispose()
    }
  }
}
