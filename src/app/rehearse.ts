import { rehearseElasticsearch } from '../stacks/rehearse-elasticsearch.ts'
import type { LabOptions } from './lab-options.ts'

/** Events a second with which an Elasticsearch that has just started keeps up all the same. */
const COLD_TPS = 2000

/**
 * Lets Elasticsearch of a stack that rep started compile its code before the run's clock starts, where the load asks
 * for it. What somebody else runs serves other clients too: it is warm, or that it is cold is what is measured.
 */
export async function rehearse({ stack, scenario, signal, onLog }: LabOptions): Promise<void> {
  if (stack.kind !== 'services' || stack.description.external !== undefined) return
  if (scenario.load.actions.tps <= COLD_TPS) return
  const beganMs = performance.now()
  let cold = false
  await rehearseElasticsearch(stack.description, {
    signal,
    onCold: (documents) => {
      cold = true
      onLog(
        `Elasticsearch is cold: warming it with ${documents.toLocaleString('en-US')} documents and searches, which takes one to two minutes …`,
      )
    },
  })
  if (cold) onLog(`Elasticsearch is warm after ${((performance.now() - beganMs) / 1e3).toFixed(0)} s.`)
}
