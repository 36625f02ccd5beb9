import { Flags } from '@oclif/core'
import { serveEmbeddings } from '../../src/app/embed/open-service.ts'
import { interruptible } from '../../src/app/interruptible.ts'
import { BaseCommand } from '../base-command.ts'
import { modelFlags, modelOf } from '../embedder-flags.ts'
import { listenFlags, stackFlags, stackOf } from '../flags.ts'

export default class ServeEmbed extends BaseCommand {
  static override summary = 'Serve a sentence model over HTTP.'
  static override description =
    'POST /embed {"text"}, /batch-embed {"texts"} (at most 100), /similarity {"a", "b"}; OpenAPI document: ' +
    '/openapi.json; /stats, /metrics, /healthz, /readyz. Vectors are kept in the process, and for an hour in the ' +
    'keys of the stack. While too many texts wait, it answers 503. Stops on Ctrl-C. See docs/embedding.md.'
  static override examples = [
    '<%= config.bin %> serve embed',
    '<%= config.bin %> serve embed --model all-MiniLM-L6-v2 --model-path ./models --port 8000',
    'curl -H "content-type: application/json" -d \'{"text":"wireless headphones"}\' http://127.0.0.1:8000/embed',
  ]
  static override enableJsonFlag = false
  static override flags = {
    ...listenFlags(8000),
    stack: stackFlags.stack,
    cache: Flags.boolean({
      description: 'Keep vectors in the keys of the stack too, for other processes and the next one.',
      default: true,
      allowNo: true,
    }),
    ...modelFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ServeEmbed)
    const { host, port, cache } = flags
    const interrupt = interruptible(() => undefined)
    try {
      await serveEmbeddings(
        modelOf(flags, (line) => this.log(line)),
        { host, port, place: cache ? stackOf(flags) : null, signal: interrupt.signal },
      )
    } finally {
      interrupt.dispose()
    }
  }
}
