import { Args, Flags } from '@oclif/core'
import { renderEmbed } from '../reports/embed.ts'
import { embedTexts } from '../src/app/embed/embed-texts.ts'
import { BaseCommand } from './base-command.ts'
import { modelFlags, modelOf } from './embedder-flags.ts'

export default class Embed extends BaseCommand {
  static override summary = 'Turn texts into vectors with a sentence model, or see how similar they are.'
  static override description =
    'Prints one vector a text, or with --similarity the cosine of each text with each. Needs ' +
    '@huggingface/transformers, an optional package; its message says how to install it (docs/embedding.md).'
  static override examples = [
    '<%= config.bin %> embed "wireless headphones" "무선 헤드폰" --similarity',
    '<%= config.bin %> embed "wireless headphones" --model all-MiniLM-L6-v2 --model-path ./models --json',
  ]
  static override strict = false
  static override args = {
    texts: Args.string({ description: 'Texts; quote each.', required: true }),
  }
  static override flags = {
    similarity: Flags.boolean({ description: 'The cosine of each text with each, in place of vectors.' }),
    kind: Flags.option({
      options: ['query', 'passage'] as const,
      default: 'query',
      description: 'What the texts are, for models that read questions and answers differently.',
    })(),
    ...modelFlags,
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Embed)
    const { similarity, kind } = flags
    const say = (line: string): void => this.logToStderr(line)
    const result = await embedTexts(modelOf(flags, say), argv as string[], { similarity, kind })
    this.log(renderEmbed(result))
    return result
  }
}
