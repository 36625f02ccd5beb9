import { rehearseElasticsearch } from '../stacks/rehearse-elasticsearch.ts'
import type { LabOptions } from './lab-options.ts'

/**
 * Lets the services of a stack that rep started run their code before the run's clock does, and says so where they
 * were cold. What somebody else runs serves other clients too: it is warm, or its being cold is what is measured.
 */
export async function rehearse({ stack, signal, onLog }: LabOptions): Promise<void> {
  if (stack.kind !== 'services' || stack.description.external !== undefined) return
  const { documents, firstUs, fastestUs } = await rehearseElasticsearch(stack.description, signal)
  if (firstUs < 1.5 * fastestUs) return
  onLog(
    `Elasticsearch was cold: ${documents.toLocaleString('en-US')} documents were written beforehand, ` +
      `at ${firstUs.toFixed(0)} µs each in the beginning and ${fastestUs.toFixed(0)} µs in the end.`,
  )
}
