import { Args } from '@oclif/core'
import { checkFeatureFile } from '../../src/app/read-features.ts'
import { BaseCommand } from '../base-command.ts'

export default class FeaturesCheck extends BaseCommand {
  static override summary = 'Check a file of feature definitions.'
  static override description =
    'Lists every fault with line and column and exits with status 2, or says what the file defines. docs/features.md explains the keys.'
  static override examples = [
    '<%= config.bin %> features check features.yaml',
    '<%= config.bin %> features check features.yaml --json | jq .patterns',
  ]
  static override args = {
    file: Args.string({ description: 'YAML file of feature definitions.', required: true }),
  }

  async run(): Promise<unknown> {
    const { args } = await this.parse(FeaturesCheck)
    const definitions = checkFeatureFile(args.file)
    const names = (items: readonly { readonly name: string }[]) =>
      items.length === 0 ? 'none' : items.map(({ name }) => name).join(', ')
    this.log(`windows:  ${names(definitions.windows)}`)
    this.log(`patterns: ${names(definitions.patterns)}`)
    return definitions
  }
}
