import { interruptible } from '../../src/app/interruptible.ts'
import { serveCollector } from '../../src/app/serve-collector.ts'
import { BaseCommand } from '../base-command.ts'
import { collectFlags, collectSettings } from '../collect-flags.ts'
import { listenFlags, stackFlags, stackOf } from '../flags.ts'

export default class Collect extends BaseCommand {
  static override summary = 'Take clickstream events over HTTP.'
  static override description =
    'POST /v1/events takes one event or up to 1,000, and answers 202 when each is durable. Likes and views of ' +
    'posts, searches and recent searches have endpoints of their own; GET /v1/sdk.js is the browser SDK; OpenAPI ' +
    'document: /openapi.json. While the event log is down, events are kept on disk. Stops on Ctrl-C. ' +
    'docs/collector.md describes every rule.'
  static override examples = [
    '<%= config.bin %> collect',
    '<%= config.bin %> collect --stack native --port 8081 --rate-limit 1000',
    '<%= config.bin %> collect --write-key web=4f2c8e1b9a --origin https://shop.example',
    `curl http://127.0.0.1:8081/v1/events -H 'content-type: application/json' -d '{"user_id":"u1","event_type":"view","properties":{"product_id":"p1"}}'`,
  ]
  static override enableJsonFlag = false
  static override flags = {
    ...listenFlags(8081),
    ...collectFlags,
    ...stackFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Collect)
    const interrupt = interruptible(() => undefined)
    const { host, port } = flags
    const log = (line: string): void => this.log(line)
    const collect = collectSettings(flags)
    try {
      await serveCollector(stackOf(flags), { host, port, collect, log, signal: interrupt.signal })
    } finally {
      interrupt.dispose()
    }
  }
}
