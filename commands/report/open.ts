import { join } from 'node:path'
import { Args } from '@oclif/core'
import { Home } from '../../src/app/home.ts'
import { openInBrowser } from '../../src/app/open-in-browser.ts'
import { findRun } from '../../src/app/run-store.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class ReportOpen extends BaseCommand {
  static override summary = 'Open one run’s HTML report in the browser.'
  static override description =
    'Prints the path of the file where there is no desktop to open it. ID may be any part of a run’s id that fits only ' +
    'one run; without it: the newest run.'
  static override examples = ['<%= config.bin %> report open', '<%= config.bin %> report open baseline-3f9c']
  static override args = {
    id: Args.string({ description: 'Run id, a part of it, or last.', default: 'last' }),
  }
  static override flags = { 'data-dir': dataDir }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ReportOpen)
    const { directory } = await findRun(new Home(flags['data-dir']), args.id)
    const file = join(directory, 'report.html')
    const opened = await openInBrowser(file)
    this.log(opened ? `Opened ${file}` : `No browser to open; the report is ${file}`)
    return { file, opened }
  }
}
