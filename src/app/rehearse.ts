import { rehearseElasticsearch } from '../stacks/rehearse-elasticsearch.ts'
import type { LabOptions } from './lab-options.ts'

/**
 * Lets Elasticsearch of a stack that rep started compile its code before the run's clock starts. What somebody else
 * runs serves other clients too: it is warm, or that it is cold is what is measured.
 */
export async function rehearse({ stack, signal, onLog }: LabOptions): Promise<void> {
  if (stack.kind !== 'services' || stack.description.external !== undefined) return
  const beganMs = performance.now()
  let cold = false
  await rehearseElasticsearch(stack.description, {
    signal,
    onCold: (documents) => {
      cold = true
      onLog(
        `Elasticsearch is cold: warming it with ${documents.toLocaleString('en-US')} documents and searches, which takes up to a minute …`,
      )
    },
  })
  if (cold) onLog(`Elasticsearch is warm after ${((performance.now() - beganMs) / 1e3).toFixed(0)} s.`)
}
