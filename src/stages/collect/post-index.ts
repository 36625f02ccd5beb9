import { POST_INDEX } from '../../domain/indexes.ts'
import type { DocumentIndex, DocumentIndexSpec } from '../../ports/document-index.ts'

/** A post as it is kept, beside its id. */
export interface PostFields {
  readonly title: string
  readonly category: string
  readonly author: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export interface Post extends PostFields {
  readonly id: string
}

export const POST_INDEX_SPEC: DocumentIndexSpec = {
  index: POST_INDEX,
  lookups: ['category', 'author'],
  time: 'createdAt',
}

/** Posts by id, and the newest of a category. */
export class PostIndex {
  readonly #documents: DocumentIndex

  constructor(documents: DocumentIndex) {
    this.#documents = documents
  }

  /** Null where there is none of that id. */
  async get(id: string): Promise<Post | null> {
    const [fields] = await this.#documents.getMany(POST_INDEX, [id])
    return fields === null || fields === undefined ? null : { id, ...(fields as unknown as PostFields) }
  }

  /** Newest first. */
  async newest(category: string, limit: number): Promise<readonly Post[]> {
    const found = await this.#documents.search(POST_INDEX, { field: 'category', value: category, limit })
    return found.map(({ id, fields }) => ({ id, ...(fields as unknown as PostFields) }))
  }
}
