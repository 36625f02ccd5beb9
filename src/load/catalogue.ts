import type { CatalogueSettings } from '../config/scenario.ts'
import type { Product } from '../domain/events.ts'
import { Random } from '../kernel/random.ts'
import { AUDIENCES, COLOURS, MAKERS, RANGES, type Range } from './catalogue-words.ts'
import { postIdOf } from './posts/post-facts.ts'

/**
 * A catalogue that follows from the seed alone. Products come in the order of their popularity; ids are
 * `p-000000` upwards, categories are dealt so that popular and unpopular products of each exist.
 */
export function generateCatalogue(
  settings: Pick<CatalogueSettings, 'products' | 'categories'>,
  seed: number,
): Product[] {
  const random = new Random(seed, 'catalogue')
  const categories = Array.from({ length: Math.max(1, settings.categories) }, (_, i) => categoryOf(i))
  return Array.from({ length: settings.products }, (_, i) => {
    // The first products show every category once; then chance decides.
    const { name, range } = categories[i < categories.length ? i : random.below(categories.length)]!
    return product(postIdOf(i), { name, range }, random)
  })
}

interface Category {
  readonly name: string
  readonly range: Range
}

/** Categories without end: every range, then every range for every audience, then numbered. */
function categoryOf(index: number): Category {
  const range = RANGES[index % RANGES.length]!
  const round = Math.floor(index / RANGES.length)
  if (round === 0) return { name: range.category, range }
  const audience = AUDIENCES[(round - 1) % AUDIENCES.length]!
  const repeat = Math.floor((round - 1) / AUDIENCES.length)
  return { name: `${range.category}/${audience}${repeat === 0 ? '' : `-${repeat + 1}`}`, range }
}

function product(id: string, category: Category, random: Random): Product {
  const { range } = category
  const maker = random.pick(MAKERS)
  const noun = random.pick(range.nouns)
  const trait = random.pick(range.traits)
  const other = random.pick(range.traits)
  const colour = random.pick(COLOURS)
  const model = `${String.fromCharCode(65 + random.below(26))}${10 + random.below(90)}`
  const traits = other === trait ? trait : `${trait}, ${other}`
  return {
    id,
    name: `${maker} ${model} ${trait} ${noun}, ${colour}`,
    category: category.name,
    description:
      `${capitalise(traits)} ${noun} in ${colour} by ${maker}, made for ${random.pick(range.uses)} ` +
      `and good for ${random.pick(range.uses)}. Part of our ${category.name.replaceAll(/[/-]/g, ' ')} range.`,
    price: priceAround(range.price, random),
    stock: random.unit() < 0.03 ? 0 : 5 + random.below(495),
  }
}

/** Log-normal around the median (sum of uniforms for the normal), ending in .99 below 100. */
function priceAround(median: number, random: Random): number {
  const normal = random.unit() + random.unit() + random.unit() + random.unit() - 2
  const price = median * Math.exp(normal)
  return price < 100 ? Math.max(1, Math.round(price)) - 0.01 : Math.round(price)
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
