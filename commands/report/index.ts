import { reportTable } from '../../reports/run-list.ts'
import { Home } from '../../src/app/home.ts'
import { listRuns } from '../../src/app/run-store.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class ReportList extends BaseCommand {
  static override summary = 'List past runs, newest first.'
  static override description =
    'Id, scenario, verdict and rate of every run in the data directory. A run that was killed has no report and is not ' +
    'listed.'
  static override examples = ['<%= config.bin %> report', '<%= config.bin %> report --json']
  static override flags = { 'data-dir': dataDir }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ReportList)
    const runs = await listRuns(new Home(flags['data-dir']))
    this.log(reportTable(runs))
    return runs.map(({ id, scenario, verdict, startedAt, load }) => ({
      id,
      scenario,
      verdict,
      startedAt,
      achievedTps: load.achievedTps,
    }))
  }
}
