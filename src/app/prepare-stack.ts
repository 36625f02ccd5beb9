import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../domain/indexes.ts'
import { TOPICS } from '../domain/topics.ts'
import { RepError } from '../errors/rep-error.ts'
import type { Stack } from '../ports/stack.ts'
import type { StackDescription } from '../stacks/stack-description.ts'
import { BEHAVIOR_INDEX_SPEC } from '../stages/behavior-index.ts'
import { POST_INDEX_SPEC } from '../stages/collect/post-index.ts'
import { HISTORY_INDEX_SPEC } from '../stages/notify/history.ts'
import { PROGRESS_INDEX_SPEC } from '../stages/preference/backup-progress.ts'
import { openStack } from './open-stack.ts'

/** What scenarios use by default; a run with other dimensions makes the vector indexes anew. */
const DIMS = 384

/** Creates what is missing of rep's topics, schemas and indexes, so that other clients can start right away. */
export async function prepareStack(description: StackDescription): Promise<void> {
  const stack = await openStack({
    kind: 'services',
    description,
    kafkaClient: 'platformatic',
    dims: DIMS,
    schemaIds: null,
  })
  try {
    await stack.log.ensureTopics(TOPICS)
    await stack.documents.ensureIndexes([
      BEHAVIOR_INDEX_SPEC,
      HISTORY_INDEX_SPEC,
      PROGRESS_INDEX_SPEC,
      POST_INDEX_SPEC,
    ])
    await ensureVectorIndexes(stack)
  } finally {
    await stack.close()
  }
}

async function ensureVectorIndexes(stack: Stack): Promise<void> {
  try {
    await stack.vectors.ensureIndexes([
      { index: PRODUCT_INDEX, dims: DIMS, kind: 'hnsw' },
      { index: USER_PREFERENCE_INDEX, dims: DIMS, kind: 'flat' },
    ])
  } catch (error) {
    // A run before this one had other dimensions: its indexes stay as they are.
    if (!(error instanceof RepError) || error.code !== 'REP_VECTOR_DIMS') throw error
  }
}
