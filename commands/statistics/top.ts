import { Flags } from '@oclif/core'
import { plainLine } from '../../reports/ansi.ts'
import { readTop, TOP_BY, TOP_OF, type Top } from '../../src/app/read-statistics.ts'
import { BaseCommand } from '../base-command.ts'
import { addressFlags } from '../external-flags.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class StatisticsTop extends BaseCommand {
  static override summary = 'Print the posts, products or search texts with the most.'
  static override description =
    'Looks into the stack as the last run with pipeline.statistics.enabled left it. Likes are those that were not ' +
    'taken back. While rep serve --statistics has the embedded stack, ask its /v1/statistics/top instead.'
  static override examples = [
    '<%= config.bin %> statistics top --by views --of product',
    '<%= config.bin %> statistics top --by likes --limit 5',
    '<%= config.bin %> statistics top --by searches --stack native --json',
  ]
  static override flags = {
    by: Flags.option({ options: TOP_BY, default: 'views', description: 'What is counted.' })(),
    of: Flags.option({
      options: TOP_OF,
      default: 'post',
      description: 'Whose; searches are always of search texts.',
    })(),
    limit: Flags.integer({ description: 'How many.', helpValue: 'N', default: 20, min: 1, max: 100 }),
    stack: stackFlags.stack,
    'data-dir': stackFlags['data-dir'],
    ...addressFlags,
  }

  async run(): Promise<Top> {
    const { flags } = await this.parse(StatisticsTop)
    const { by, of, limit } = flags
    const top = await readTop(stackOf(flags), { by, of, limit })
    const width = Math.max(0, ...top.items.map(({ count }) => String(count).length))
    for (const { id, count } of top.items) this.log(`${String(count).padStart(width)}  ${plainLine(id)}`)
    if (top.items.length === 0) this.log(`No ${top.of} has any ${by}.`)
    return top
  }
}
