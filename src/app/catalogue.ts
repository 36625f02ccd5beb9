import { basename } from 'node:path'
import type { Product } from '../domain/events.ts'
import { generateCatalogue } from '../load/catalogue.ts'
import { loadCatalogueFile } from '../load/catalogue-file.ts'
import type { LabPlan } from './lab-plan.ts'
import { readProducts } from './product-file.ts'

/** The products of a run, most popular first, and what a reader of its figures must know of them. */
export interface Catalogue {
  readonly products: readonly Product[]
  readonly notes: readonly string[]
}

/** The catalogue of a replayed file, of the scenario's file, or generated from the seed: the same each time. */
export async function loadCatalogue({
  scenario,
  source,
}: Pick<LabPlan, 'scenario' | 'source'>): Promise<Catalogue> {
  if (source.kind === 'replay') return { products: await readProducts(source.catalogueFile), notes: [] }
  const { file } = scenario.catalogue
  if (file === null) return { products: generateCatalogue(scenario.catalogue, scenario.seed), notes: [] }
  const { products, rejected, firstRejects } = await loadCatalogueFile(file)
  const notes = [`Catalogue: ${products.length.toLocaleString('en-US')} products of ${basename(file)}.`]
  if (rejected > 0) {
    const first = firstRejects.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ')
    notes.push(
      `Records of the catalogue that were left out: ${rejected} (${first}${rejected > firstRejects.length ? '; …' : ''}).`,
    )
  }
  return { products, notes }
}

/** The products alone, for a thread that needs them. */
export async function catalogueOf(plan: Pick<LabPlan, 'scenario' | 'source'>): Promise<readonly Product[]> {
  return (await loadCatalogue(plan)).products
}
