import { Args, Flags } from '@oclif/core'
import { RUN_FORMATS, type RunFormat, renderRun } from '../../reports/render-run.ts'
import { Home } from '../../src/app/home.ts'
import { findRun } from '../../src/app/run-store.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class ReportShow extends BaseCommand {
  static override summary = 'Print one run’s report.'
  static override description =
    'ID may be any part of a run’s id that fits only one run. Without it: the newest run.'
  static override examples = [
    '<%= config.bin %> report show',
    '<%= config.bin %> report show 20261121-143005-baseline-3f9c --format junit > junit.xml',
    '<%= config.bin %> report show baseline-3f9c --format markdown',
  ]
  static override args = {
    id: Args.string({ description: 'Run id, a part of it, or last.', default: 'last' }),
  }
  static override flags = {
    format: Flags.option({
      options: RUN_FORMATS,
      default: 'terminal' as RunFormat,
      description:
        'terminal: the summary; json: the run record; html: the page; junit: for CI; markdown: for a pull request; ' +
        'prometheus: text format; hlog: HdrHistogram interval log.',
    })(),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ReportShow)
    const { record, directory } = await findRun(new Home(flags['data-dir']), args.id)
    this.log(await renderRun(record, directory, flags.format))
    return record
  }
}
