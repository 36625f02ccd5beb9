import { lakeTable } from '../../reports/lake.ts'
import { listLake } from '../../src/app/lake/list-lake.ts'
import { withLake } from '../../src/app/lake/with-lake.ts'
import { BaseCommand } from '../base-command.ts'
import { lakeFlags, lakeOf } from '../lake-flags.ts'

export default class LakeLs extends BaseCommand {
  static override summary = 'List what a lake holds: files, rows and bytes of each hour.'
  static override description =
    'A run with pipeline.lake.enabled writes every user action as a row of Parquet, by hour of its event time (UTC).'
  static override examples = [
    '<%= config.bin %> lake ls',
    '<%= config.bin %> lake ls --stack native',
    '<%= config.bin %> lake ls --lake s3://bucket/prefix --json',
  ]
  static override flags = lakeFlags

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LakeLs)
    const listing = await withLake(lakeOf(flags), listLake)
    this.log(lakeTable(listing))
    return listing
  }
}
