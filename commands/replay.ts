import { Args, Flags } from '@oclif/core'
import { Home } from '../src/app/home.ts'
import { requireOtherLake, withLakePlace } from '../src/app/lake/lake-place.ts'
import { prepareReplay } from '../src/app/prepare-replay.ts'
import { REPLAY_CHOICES, replayWish } from '../src/app/replay-wish.ts'
import { loadScenario } from '../src/config/load-scenario.ts'
import { rate } from './flags.ts'
import { LabCommand, labFlags } from './lab-command.ts'

export default class Replay extends LabCommand {
  static override summary = 'Run the whole pipeline under a recorded clickstream.'
  static override description =
    'FILE is a CSV or JSON lines, gzip or not. Known by their columns: REES46 behaviour data, UCI 553 clothing ' +
    'shop; any other by --map. Rows that cannot be read are left out and listed in rejects.jsonl of the run. ' +
    'lake://DIRECTORY and s3://bucket/prefix are lakes ' +
    'of earlier runs, lake:// that of the last one. Its users and products become those of the run. Exit status as for rep simulate; 2 when no row can be read.'
  static override examples = [
    '<%= config.bin %> replay 2019-Oct.csv.gz --speed 60',
    '<%= config.bin %> replay 2019-Oct.csv.gz --tps 2000',
    '<%= config.bin %> replay log.jsonl --map user=uid,item=sku,action=event,time=ts --speed 10',
    '<%= config.bin %> replay lake:// --speed 10',
    '<%= config.bin %> replay s3://bucket/prefix --tps 2000',
    '<%= config.bin %> replay UserBehavior.csv --no-header --map user=1,item=2,category=3,action=4,time=5 --tps 5000',
  ]
  static override args = {
    file: Args.string({
      description: 'CSV or JSON lines, gzip known by content; or a lake.',
      required: true,
    }),
  }
  static override flags = {
    speed: Flags.string({
      description: 'Times faster than it happened; silence is kept. Without it: as it happened.',
      helpValue: 'TIMES',
      exclusive: ['tps'],
    }),
    tps: rate({ description: 'At this rate instead, in file order, whatever the recorded times.' }),
    format: Flags.option({
      options: REPLAY_CHOICES.formats,
      description: 'Format of the file, where its columns do not show it.',
      exclusive: ['map'],
    })(),
    map: Flags.string({
      description: `Which column means what: ${REPLAY_CHOICES.columns.join(', ')}.`,
      helpValue: 'ROLE=COLUMN,…',
    }),
    header: Flags.boolean({
      description: 'The first row names the columns; without it they are numbered from 1.',
      default: true,
      allowNo: true,
    }),
    delimiter: Flags.string({ description: 'Between columns; guessed otherwise.', helpValue: 'CHARACTER' }),
    scenario: Flags.string({
      description: 'Reads, canaries, pipeline settings and objectives of this scenario.',
      helpValue: 'SCENARIO',
      default: 'replay',
    }),
    ...labFlags,
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Replay)
    const { tps, seed, set } = flags
    const wish = replayWish({ ...flags, file: args.file })
    const base = await loadScenario(flags.scenario, { tps, seed, set })
    const home = new Home(flags['data-dir'])
    if (wish.isLake) requireOtherLake(withLakePlace(base, home, flags.stack), wish.file)
    return this.runLabAndReport({
      name: base.name,
      prepare: (place) => prepareReplay(base, wish, place),
      flags,
    })
  }
}
