import { Args, Flags } from '@oclif/core'
import { renderSummary } from '../../reports/terminal.ts'
import { writeRunDirectory } from '../../reports/write-run.ts'
import { Home } from '../../src/app/home.ts'
import { exitStatus } from '../../src/app/run-exit.ts'
import { newRunId } from '../../src/app/run-store.ts'
import { mergeShards } from '../../src/app/shards/merge-shards.ts'
import { readShards } from '../../src/app/shards/read-shards.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class ReportMerge extends BaseCommand {
  static override summary = 'Join the shards of one run into one report, and judge it.'
  static override description =
    'Takes all runs of rep simulate --shard I/N, as ids or as directories copied from other hosts, in any order. ' +
    'Histograms are added, ledgers united and judged, objectives evaluated on the joined figures; the result is a run ' +
    'like any other. Refuses a set in which a shard is missing or there twice, or that is not of one run ' +
    '(docs/scaling.md).\n\n' +
    'Exit status: as of rep simulate for the joined run; 2 for a set that is refused.'
  static override strict = false
  static override examples = [
    '<%= config.bin %> report merge 20261121-143005-baseline-3f9c 20261121-143005-baseline-81d0',
    '<%= config.bin %> report merge ./from-host-a ./from-host-b --output ./whole --json',
  ]
  static override args = {
    run: Args.string({
      description: 'Run ids, unique parts of them, or run directories: every shard of one run.',
      required: true,
    }),
  }
  static override flags = {
    output: Flags.directory({
      description: 'Directory for the joined run. Default: a new one beside the other runs.',
      helpValue: 'DIR',
    }),
    'data-dir': dataDir,
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ReportMerge)
    const home = new Home(flags['data-dir'])
    const shards = await readShards(home, argv as string[])
    const id = newRunId(`${shards[0]!.record.scenario}-merged`, new Date(shards[0]!.record.startedAt))
    const command = ['rep', ...process.argv.slice(2)].join(' ')
    const { record, measurements } = await mergeShards(shards, { id, command })
    const directory = flags.output ?? home.runDirectory(id)
    await writeRunDirectory(directory, record, measurements)
    process.exitCode = exitStatus(record, false)
    const size = { color: process.stdout.isTTY === true, width: process.stdout.columns ?? 100 }
    this.log(renderSummary(record, { ...size, directory }))
    return record
  }
}
