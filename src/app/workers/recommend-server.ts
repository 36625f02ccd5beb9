import { RepError } from '../../errors/rep-error.ts'
import { startServer } from '../../serve/server.ts'
import { createRecommender } from '../../stages/recommend/recommender.ts'
import { recallAt10, seedBench } from '../bench-catalogue.ts'
import type { BenchServerNotice, BenchServerOrder } from '../bench-server.ts'
import { openStack } from '../open-stack.ts'

/**
 * Child process of `rep bench recommend`: an embedded stack with generated data behind a recommendation
 * server. A process and not a thread, so that the client's CPU time is its own. It ends with its parent.
 */
process.once('message', (order: BenchServerOrder) => {
  serve(order).catch((error: unknown) => {
    const code = error instanceof RepError ? error.code : 'REP_INTERNAL'
    tell({
      kind: 'failed',
      code,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    process.disconnect()
  })
})
// A Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined)

async function serve({ dataDir, dims, settings, data }: BenchServerOrder): Promise<void> {
  const parentGone = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
  const stack = await openStack({ kind: 'embedded', dataDir, dims })
  await seedBench(stack, data)
  const recall = await recallAt10(stack, createRecommender(stack, settings), data.users)
  const server = await startServer({ stack, settings, port: 0 })
  tell({ kind: 'ready', url: server.url, recallAt10: recall })
  await parentGone
  await server.close()
  await stack.close()
}

function tell(notice: BenchServerNotice): void {
  process.send?.(notice)
}
