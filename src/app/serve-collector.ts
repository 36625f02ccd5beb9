import { TOPICS } from '../domain/topics.ts'
import { startCollectServer } from '../serve/collect-server.ts'
import { type LabStackOptions, stackAddress } from './lab-stack.ts'
import { openStack } from './open-stack.ts'
import { type CollectSettings, withCollect } from './with-collect.ts'

export interface ServeCollectorOptions {
  readonly host: string
  readonly port: number
  readonly collect: CollectSettings
  readonly signal: AbortSignal
  log(line: string): void
}

/** The collector touches no vector. */
const ANY_DIMS = 1

/** Takes events into a stack until the signal. Rejects with REP_PORT_IN_USE, REP_STACK_BUSY or REP_ENVIRONMENT. */
export async function serveCollector(place: LabStackOptions, options: ServeCollectorOptions): Promise<void> {
  const { host, port, signal, log } = options
  const stack = await openStack(await stackAddress(place, ANY_DIMS), log)
  try {
    await stack.log.ensureTopics(TOPICS)
    await withCollect({ place, stack, settings: options.collect, log }, async (collect) => {
      const server = await startCollectServer({ stack, collect, host, port, log })
      log(`Taking events on ${server.url}/v1/events (the browser SDK: ${server.url}/v1/sdk.js)`)
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await server.close()
    })
  } finally {
    await stack.close()
  }
}
