import { Flags } from '@oclif/core'
import { plainLine } from '../../reports/ansi.ts'
import { INTERVALS, type Interval, readSeries, type Series } from '../../src/app/read-statistics.ts'
import { BaseCommand } from '../base-command.ts'
import { addressFlags } from '../external-flags.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class StatisticsShow extends BaseCommand {
  static override summary = 'Print counts of events by time.'
  static override description =
    'Looks into the stack as the last run with pipeline.statistics.enabled left it; times are event times, in UTC. ' +
    'While rep serve --statistics has the embedded stack, ask its /v1/statistics instead.'
  static override examples = [
    '<%= config.bin %> statistics show',
    '<%= config.bin %> statistics show --type view --interval minute',
    '<%= config.bin %> statistics show --product product-000001 --from 2026-03-01 --to 2026-03-08 --interval day',
    '<%= config.bin %> statistics show --json | jq .byType',
  ]
  static override flags = {
    type: Flags.string({ description: 'Of this event type alone, e.g. VIEW.', helpValue: 'TYPE' }),
    post: Flags.string({ description: 'Of this post alone.', helpValue: 'ID', exclusive: ['product'] }),
    product: Flags.string({ description: 'Of this product alone.', helpValue: 'ID' }),
    from: Flags.string({
      description:
        'Event time, a date or ISO 8601 with its zone. Default: 60 minutes, 24 hours or 30 days back.',
      helpValue: 'TIME',
    }),
    to: Flags.string({
      description: 'Exclusive. Default: the end of the newest interval that has counts.',
      helpValue: 'TIME',
    }),
    interval: Flags.option({
      options: Object.keys(INTERVALS) as Interval[],
      default: 'hour' as Interval,
      description: 'Length of a point.',
    })(),
    stack: stackFlags.stack,
    'data-dir': stackFlags['data-dir'],
    ...addressFlags,
  }

  async run(): Promise<Series> {
    const { flags } = await this.parse(StatisticsShow)
    const { type, post, product, from, to, interval } = flags
    const asked = { type, post, product, from, to }
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
    const series = await readSeries(stackOf(flags), { ...given, interval })
    this.#print(series)
    return series
  }

  #print({ from, to, total, byType, points, asOf }: Series): void {
    this.log(`${total} events from ${from} to ${to}, as of ${asOf ?? 'never'}`)
    for (const [type, count] of Object.entries(byType).sort(([, a], [, b]) => b - a))
      this.log(`  ${plainLine(type).padEnd(20)} ${count}`)
    const width = String(Math.max(0, ...points.map(({ count }) => count))).length
    for (const { start, count } of points)
      if (count > 0) this.log(`${start}  ${String(count).padStart(width)}`)
  }
}
