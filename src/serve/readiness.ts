import { PRODUCT_INDEX } from '../domain/indexes.ts'
import type { Stack } from '../ports/stack.ts'

export interface Readiness {
  readonly ready: boolean
  /** `ok`, or what is wrong, by dependency. */
  readonly checks: Readonly<Record<string, string>>
}

/** Asks each dependency of the recommendation service a small question. */
export async function checkReadiness(stack: Pick<Stack, 'keyValue' | 'vectors'>): Promise<Readiness> {
  const [keyValue, vectors] = await Promise.all([
    outcomeOf(async () => {
      await stack.keyValue.getMany(['rep:ready'])
      return 'ok'
    }),
    outcomeOf(async () => {
      const products = await stack.vectors.count(PRODUCT_INDEX)
      return products > 0 ? 'ok' : `${PRODUCT_INDEX} holds no products yet`
    }),
  ])
  return {
    ready: keyValue === 'ok' && vectors === 'ok',
    checks: { 'key-value': keyValue, 'vector-index': vectors },
  }
}

/** Who asks waits no longer: a dependency that is silent, but connected, would hold the answer up for its own time-out. */
const SILENT_MS = 2000

/** The collector takes events while the log is down, too, so that only its keys decide; the spool says how it is. */
export async function checkCollectReadiness(
  stack: Pick<Stack, 'keyValue'>,
  spool: { readonly empty: boolean; readonly bytes: number },
): Promise<Readiness> {
  const keyValue = await outcomeOf(async () => {
    await stack.keyValue.getMany(['rep:ready'])
    return 'ok'
  })
  const log = spool.empty ? 'ok' : `${spool.bytes} bytes wait in the spool`
  return { ready: keyValue === 'ok', checks: { 'key-value': keyValue, 'event-log': log } }
}

async function outcomeOf(check: () => Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`did not answer within ${SILENT_MS / 1000} s`), SILENT_MS)
  })
  try {
    return await Promise.race([check(), silence])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}
