import { Args, Flags } from '@oclif/core'
import { progressBar } from '../reports/progress-bar.ts'
import { type SeedResult, seedProducts } from '../src/app/embed/seed-products.ts'
import { interruptible } from '../src/app/interruptible.ts'
import { loadScenario } from '../src/config/load-scenario.ts'
import { BaseCommand } from './base-command.ts'
import { embedderFlags, modelOf } from './embedder-flags.ts'
import { stackFlags, stackOf } from './flags.ts'

export default class Seed extends BaseCommand {
  static override summary = 'Fill a stack’s product index from a catalogue file.'
  static override description =
    'FILE is CSV or JSON lines, gzip or not, with the columns id, name, category, description, price and stock (only ' +
    'name is needed), or Flipkart’s. Each product’s name, category and description become its vector. Interrupted, ' +
    'it goes on where it ended when it is run again. rep serve then serves the products; a run of rep simulate ' +
    'empties the stack and takes a file by --set catalogue.file=FILE.'
  static override examples = [
    '<%= config.bin %> seed products.csv',
    '<%= config.bin %> seed products.csv --embedder transformers --model all-MiniLM-L6-v2 --model-path ./models',
  ]
  static override args = {
    file: Args.string({ description: 'Catalogue file.', required: true }),
  }
  static override flags = {
    ...embedderFlags,
    empty: Flags.boolean({ description: 'Empty the stack first, of events and preferences too.' }),
    ...stackFlags,
  }

  async run(): Promise<SeedResult> {
    const { args, flags } = await this.parse(Seed)
    const say = (line: string): void => this.logToStderr(line)
    const interrupt = interruptible(() => say('Stopping after this batch …'))
    try {
      const result = await seedProducts({
        file: args.file,
        place: stackOf(flags),
        model: flags.embedder === 'hashing' ? null : modelOf(flags, say),
        scenario: await loadScenario('baseline', {}),
        empty: flags.empty,
        signal: interrupt.signal,
        onProgress: progressBar(process.stderr),
      })
      this.log(summary(result))
      return result
    } finally {
      interrupt.dispose()
    }
  }
}

function summary({ file, model, dims, products, rejected, resumedFrom }: SeedResult): string {
  const before = resumedFrom > 0 ? ` (${resumedFrom} of them were there already)` : ''
  const out = rejected > 0 ? `; ${rejected} records were left out` : ''
  return `${products} products of ${file} have vectors of ${model}, ${dims} dimensions${before}${out}.`
}
