import { Args, Flags } from '@oclif/core'
import { answerTable } from '../../reports/lake.ts'
import { queryLake } from '../../src/app/lake/query-lake.ts'
import { withLake } from '../../src/app/lake/with-lake.ts'
import { BaseCommand } from '../base-command.ts'
import { lakeFlags, lakeOf } from '../lake-flags.ts'

export default class LakeQuery extends BaseCommand {
  static override summary = 'Ask a lake in SQL.'
  static override description =
    'By DuckDB, an optional package (npm install @duckdb/node-api). The table is events: the columns of docs/lake.md, ' +
    'and event_date and hour. Of a lake in S3 the files of the hours asked for are fetched first.'
  static override examples = [
    '<%= config.bin %> lake query "select event_type, count(*) from events group by all order by 2 desc"',
    '<%= config.bin %> lake query "select count(distinct user_id) as users from events" --since 2026-11-21T09 --json',
    '<%= config.bin %> lake query "describe events" --lake s3://bucket/prefix',
  ]
  static override args = {
    sql: Args.string({ description: 'One statement of DuckDB’s SQL.', required: true }),
  }
  static override flags = {
    since: Flags.string({
      description: 'First day or hour of event time to look at.',
      helpValue: 'DAY[THOUR]',
    }),
    until: Flags.string({
      description: 'Last day or hour of event time to look at.',
      helpValue: 'DAY[THOUR]',
    }),
    ...lakeFlags,
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LakeQuery)
    const { since, until } = flags
    const { columns, rows } = await withLake(lakeOf(flags), (store) =>
      queryLake(store, { sql: args.sql, since, until }),
    )
    this.log(answerTable(columns, rows))
    return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])))
  }
}
