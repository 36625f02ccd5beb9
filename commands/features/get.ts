import { Args } from '@oclif/core'
import { readFeaturesOf } from '../../src/app/read-features.ts'
import { BaseCommand } from '../base-command.ts'
import { addressFlags } from '../external-flags.ts'
import { stackFlags, stackOf } from '../flags.ts'

export default class FeaturesGet extends BaseCommand {
  static override summary = 'Print a user’s session and window features as JSON.'
  static override description =
    'Looks into the stack as the last run with pipeline.features.enabled left it. as_of is the event time that the values are true of.'
  static override examples = [
    '<%= config.bin %> features get user-000001',
    '<%= config.bin %> features get user-000001 --stack native',
    '<%= config.bin %> features get user-000001 | jq .features.top_category_30m',
  ]
  static override args = {
    userId: Args.string({ description: 'User id, e.g. user-000001.', required: true }),
  }
  static override flags = { stack: stackFlags.stack, 'data-dir': stackFlags['data-dir'], ...addressFlags }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(FeaturesGet)
    const features = await readFeaturesOf(stackOf(flags), args.userId)
    this.log(JSON.stringify(features, null, 2))
    return features
  }
}
