import { formatBytes } from '../../reports/lake.ts'
import { compactLake } from '../../src/app/lake/compact-lake.ts'
import { withLake } from '../../src/app/lake/with-lake.ts'
import { BaseCommand } from '../base-command.ts'
import { lakeFlags, lakeOf } from '../lake-flags.ts'

export default class LakeCompact extends BaseCommand {
  static override summary = 'Merge the small files of a lake.'
  static override description =
    'Those that each hour has of one partition of the log become one. Also while a run writes; one at a time. ' +
    'rep’s readers see each event once whatever happens; others see those of an hour twice while its files are swapped.'
  static override examples = [
    '<%= config.bin %> lake compact',
    '<%= config.bin %> lake compact --lake s3://bucket/prefix --json',
  ]
  static override flags = lakeFlags

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LakeCompact)
    const done = await withLake(lakeOf(flags), compactLake)
    const { filesBefore, filesAfter, bytesBefore, bytesAfter } = done
    this.log(
      `${filesBefore} files of ${formatBytes(bytesBefore)} became ${filesAfter} of ${formatBytes(bytesAfter)}.`,
    )
    return done
  }
}
