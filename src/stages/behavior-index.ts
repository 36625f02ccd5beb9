import { USER_BEHAVIOR_INDEX } from '../domain/indexes.ts'
import type { DocumentIndexSpec } from '../ports/document-index.ts'

/** User actions by product, newest first: written by one stage, searched by another. */
export const BEHAVIOR_INDEX_SPEC: DocumentIndexSpec = {
  index: USER_BEHAVIOR_INDEX,
  lookups: ['productId'],
  time: 'timestamp',
}
