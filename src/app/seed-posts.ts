import { POST_INDEX } from '../domain/indexes.ts'
import { RepError } from '../errors/rep-error.ts'
import { nowUs } from '../kernel/time.ts'
import { PostMaker } from '../load/posts/post-facts.ts'
import type { Stack } from '../ports/stack.ts'

export interface SeedPostsOptions {
  /** Posts that are there already, and how many shall be. */
  readonly from: number
  readonly to: number
  readonly beforeMs: number
  readonly signal: AbortSignal
  log(line: string): void
}

/** Posts made and written at once: memory holds no more of them, however many there are to be. */
const SLICE = 5000
const PROGRESS_US = 5e6

/** Fills the post index up to a number of posts; returns how long that took, ms. */
export async function seedPosts(
  { documents }: Pick<Stack, 'documents'>,
  { from, to, beforeMs, signal, log }: SeedPostsOptions,
): Promise<number> {
  const maker = new PostMaker(beforeMs)
  const startUs = nowUs()
  let toldUs = startUs
  for (let start = from; start < to && !signal.aborted; start += SLICE) {
    const slice = Array.from({ length: Math.min(SLICE, to - start) }, (_, i) => {
      const { id, ...fields } = maker.facts(start + i)
      return { id, fields }
    })
    const { rejected } = await documents.upsertMany(POST_INDEX, slice)
    if (rejected.length > 0) {
      const message = `The post index refused ${rejected.length} posts: ${rejected[0]!.reason}`
      throw new RepError('REP_STORE_UNAVAILABLE', message)
    }
    if (nowUs() - toldUs < PROGRESS_US) continue
    toldUs = nowUs()
    log(`posts: ${(start + slice.length).toLocaleString('en-US')} of ${to.toLocaleString('en-US')}`)
  }
  await documents.refresh(POST_INDEX)
  return (nowUs() - startUs) / 1e3
}
