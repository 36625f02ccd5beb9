import { basename } from 'node:path'
import type { Scenario } from '../../config/scenario.ts'
import type { Product } from '../../domain/events.ts'
import { PRODUCT_INDEX, USER_PREFERENCE_INDEX } from '../../domain/indexes.ts'
import { HashingEmbedder } from '../../drivers/embedder/hashing.ts'
import { RepError } from '../../errors/rep-error.ts'
import { loadCatalogueFile } from '../../load/catalogue-file.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Stack } from '../../ports/stack.ts'
import type { StackAddress } from '../lab-plan.ts'
import { type LabStackOptions, stackAddress, withLabStack } from '../lab-stack.ts'
import { openStack } from '../open-stack.ts'
import { indexProducts } from '../seed.ts'
import type { ModelWish } from './open-model.ts'
import { openCachedModel } from './open-service.ts'
import { fingerprintOf, readSeedState, writeSeedState } from './seed-state.ts'

export interface SeedOptions {
  readonly file: string
  readonly place: LabStackOptions
  /** Null: by hashing. */
  readonly model: ModelWish | null
  /** Its settings, but for the dimensions, which are the embedder's. */
  readonly scenario: Scenario
  /** Empty the stack first. */
  readonly empty: boolean
  readonly signal: AbortSignal
  onProgress(done: number, total: number): void
}

export interface SeedResult {
  readonly file: string
  readonly model: string
  readonly dims: number
  readonly products: number
  /** Records of the file that were left out. */
  readonly rejected: number
  /** Products that an earlier, interrupted seeding had done. */
  readonly resumedFrom: number
}

const BATCH = 200

/**
 * Fills a stack's product index from a catalogue file, going on where an interrupted seeding of the same file and
 * model ended. Rejects with REP_VECTOR_DIMS where the index has other dimensions, REP_USAGE where it holds another
 * embedder's vectors, REP_INTERRUPTED at the signal.
 */
export async function seedProducts(options: SeedOptions): Promise<SeedResult> {
  const { file, place, model, empty } = options
  const { products, rejected } = await loadCatalogueFile(file)
  const cached = model === null ? null : await openCachedModel(model, { ...place, name: 'embedded' })
  const embedder = cached?.embedder ?? new HashingEmbedder(options.scenario.pipeline.embedder.dims)
  const { dims, model: name } = embedder.capabilities
  const pipeline = { ...options.scenario.pipeline, embedder: { dims } }
  const scenario = { ...options.scenario, pipeline }
  const run = async (address: StackAddress): Promise<SeedResult> => {
    const stack = await openStack(address)
    try {
      const resumedFrom = await fill({ ...stack, embedder }, products, options)
      return { file: basename(file), model: name, dims, products: products.length, rejected, resumedFrom }
    } finally {
      await stack.close()
    }
  }
  try {
    if (empty) return await withLabStack(place, { scenario }, run)
    const release = place.home.lock(place.name)
    try {
      return await run(await stackAddress(place, dims))
    } finally {
      release()
    }
  } finally {
    await (cached ?? embedder).close()
  }
}

type Target = Pick<Stack, 'vectors'> & { readonly embedder: Embedder }

async function fill(stack: Target, products: readonly Product[], options: SeedOptions): Promise<number> {
  const { file, place, scenario, signal, onProgress } = options
  const { home, name } = place
  const { model, dims } = stack.embedder.capabilities
  const fingerprint = await fingerprintOf(file, model)
  await stack.vectors.ensureIndexes([
    { index: PRODUCT_INDEX, dims, kind: scenario.pipeline.recommend.indexKind },
    { index: USER_PREFERENCE_INDEX, dims, kind: 'flat' },
  ])
  const known = await stack.vectors.count(PRODUCT_INDEX)
  const state = await readSeedState(home, name)
  if (known > 0 && state?.model !== model) throw otherVectors(known, { by: state?.model ?? null, model })
  // A stack that was emptied since has fewer products than its state says.
  const from = state?.fingerprint === fingerprint && known >= state.done ? state.done : 0
  for (let done = from; done < products.length; ) {
    if (signal.aborted) throw interrupted(done, products.length)
    const batch = products.slice(done, done + BATCH)
    await indexProducts(stack, batch)
    done += batch.length
    await writeSeedState(home, name, { fingerprint, model, done })
    onProgress(done, products.length)
  }
  return from
}

function otherVectors(known: number, { by, model }: { by: string | null; model: string }): RepError {
  return new RepError(
    'REP_USAGE',
    `The stack holds ${known} products with vectors of ${by ?? 'a run'}; those of ${model} cannot be compared with them.`,
    { details: ['Run again with --empty to empty the stack first.'] },
  )
}

function interrupted(done: number, total: number): RepError {
  const said = `Interrupted: ${done} of ${total} products are in the index; seeding them again goes on from there.`
  return new RepError('REP_INTERRUPTED', said)
}
