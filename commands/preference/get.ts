import { Args, Flags } from '@oclif/core'
import { Home } from '../../src/app/home.ts'
import { readPreferenceOf } from '../../src/app/read-preference.ts'
import { BaseCommand } from '../base-command.ts'
import { dataDir } from '../flags.ts'

export default class PreferenceGet extends BaseCommand {
  static override summary = 'Print a user’s stored preference as JSON.'
  static override description =
    'Looks into the embedded stack as the last run left it: the vector, how many actions made it, and which was the last.'
  static override examples = [
    '<%= config.bin %> preference get user-000001',
    '<%= config.bin %> preference get user-000001 | jq .actionCount',
  ]
  static override args = {
    userId: Args.string({ description: 'User id, e.g. user-000001.', required: true }),
  }
  static override flags = {
    'data-dir': dataDir,
    dims: Flags.integer({
      description: 'Dimensions of the stack’s embedder.',
      helpValue: 'N',
      default: 384,
      min: 1,
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PreferenceGet)
    const preference = await readPreferenceOf(new Home(flags['data-dir']), args.userId, flags.dims)
    this.log(JSON.stringify(preference, null, 2))
    return preference
  }
}
