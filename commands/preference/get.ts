import { Args } from '@oclif/core'
import { readPreferenceOf } from '../../src/app/read-preference.ts'
import { BaseCommand } from '../base-command.ts'
import { addressFlags } from '../external-flags.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class PreferenceGet extends BaseCommand {
  static override summary = 'Print a user’s stored preference as JSON.'
  static override description =
    'Looks into the stack as the last run left it: the vector, how many actions made it, and which was the last.'
  static override examples = [
    '<%= config.bin %> preference get user-000001',
    '<%= config.bin %> preference get user-000001 --stack native',
    '<%= config.bin %> preference get user-000001 | jq .actionCount',
  ]
  static override args = {
    userId: Args.string({ description: 'User id, e.g. user-000001.', required: true }),
  }
  static override flags = { stack: stackFlags.stack, 'data-dir': stackFlags['data-dir'], ...addressFlags }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PreferenceGet)
    const preference = await readPreferenceOf(stackOf(flags), args.userId)
    this.log(JSON.stringify(preference, null, 2))
    return preference
  }
}
