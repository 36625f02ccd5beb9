/** What one kind of goods is made of: words for names, descriptions and searches, and usual prices. */
export interface Range {
  readonly category: string
  readonly nouns: readonly string[]
  readonly traits: readonly string[]
  /** What it is for. */
  readonly uses: readonly string[]
  /** Median price in the catalogue's currency. */
  readonly price: number
}

const range = (category: string, price: number, nouns: string, traits: string, uses: string): Range => ({
  category,
  price,
  nouns: nouns.split(', '),
  traits: traits.split(', '),
  uses: uses.split(', '),
})

export const RANGES: readonly Range[] = [
  range(
    'shoes',
    75,
    'running shoe, sneaker, loafer, ankle boot, sandal',
    'cushioned, leather, mesh, waterproof, lightweight',
    'road running, wet trails, the office, long walks',
  ),
  range(
    'laptops',
    950,
    'ultrabook, gaming laptop, notebook, convertible, workstation',
    'slim, aluminium, fanless, touchscreen, refurbished',
    'video editing, studying, gaming, travel',
  ),
  range(
    'phones',
    480,
    'smartphone, feature phone, rugged phone, folding phone',
    'dual-sim, unlocked, compact, long-life, waterproof',
    'photography, outdoor work, everyday calls, streaming',
  ),
  range(
    'headphones',
    110,
    'earbuds, over-ear headphones, gaming headset, studio monitors',
    'wireless, noise-cancelling, foldable, open-back, wired',
    'commuting, mixing, team calls, workouts',
  ),
  range(
    'cameras',
    520,
    'mirrorless camera, action camera, compact camera, zoom lens, tripod',
    'weatherproof, full-frame, stabilised, carbon, retro',
    'wildlife, portraits, diving, city trips',
  ),
  range(
    'kitchen',
    45,
    'chef knife, saucepan, blender, cutting board, kettle',
    'stainless, cast-iron, ceramic, induction-ready, bamboo',
    'slow cooking, baking, weeknight dinners, smoothies',
  ),
  range(
    'coffee',
    60,
    'espresso machine, grinder, moka pot, pour-over set, whole beans',
    'burr, stovetop, single-origin, automatic, manual',
    'morning espresso, filter brewing, cold brew, camping',
  ),
  range(
    'furniture',
    240,
    'armchair, bookshelf, desk, bed frame, side table',
    'oak, walnut, upholstered, adjustable, modular',
    'small flats, home offices, reading corners, guest rooms',
  ),
  range(
    'lighting',
    55,
    'floor lamp, pendant lamp, desk lamp, light strip, wall sconce',
    'dimmable, brass, paper, smart, rechargeable',
    'reading, hallways, workbenches, evening light',
  ),
  range(
    'bedding',
    65,
    'duvet, pillow, fitted sheet, blanket, mattress topper',
    'linen, down, memory-foam, organic, weighted',
    'cold nights, side sleepers, allergy sufferers, summer heat',
  ),
  range(
    'garden',
    40,
    'pruning shears, raised bed, hose reel, planter, lawn rake',
    'galvanised, terracotta, self-watering, folding, cedar',
    'balconies, vegetable patches, hedges, flower beds',
  ),
  range(
    'tools',
    85,
    'cordless drill, socket set, spirit level, jigsaw, toolbox',
    'brushless, magnetic, heavy-duty, compact, insulated',
    'woodworking, car repairs, renovating, wiring',
  ),
  range(
    'cycling',
    130,
    'gravel bike, helmet, pannier, bike light, floor pump',
    'aero, reflective, tubeless, steel, child-size',
    'commuting, touring, racing, school runs',
  ),
  range(
    'camping',
    95,
    'tent, sleeping bag, gas stove, headlamp, hiking pack',
    'ultralight, four-season, two-person, compressible, windproof',
    'thru-hikes, festivals, alpine nights, family trips',
  ),
  range(
    'fitness',
    50,
    'kettlebell, yoga mat, resistance band, foam roller, jump rope',
    'non-slip, adjustable, cork, vinyl-coated, extra-thick',
    'home workouts, stretching, rehab, strength training',
  ),
  range(
    'toys',
    28,
    'building set, puzzle, plush bear, train set, marble run',
    'wooden, magnetic, glow-in-the-dark, soft, motorised',
    'toddlers, rainy days, birthdays, quiet play',
  ),
  range(
    'games',
    42,
    'board game, card game, strategy game, party game, dice set',
    'cooperative, two-player, family, award-winning, pocket',
    'game nights, long journeys, large groups, beginners',
  ),
  range(
    'books',
    18,
    'novel, cookbook, travel guide, biography, picture book',
    'hardcover, illustrated, signed, paperback, annotated',
    'holidays, commutes, bedtime, gifts',
  ),
  range(
    'beauty',
    24,
    'face cream, shampoo, lip balm, sunscreen, perfume',
    'fragrance-free, hydrating, vegan, mineral, tinted',
    'dry skin, daily care, oily hair, sensitive skin',
  ),
  range(
    'watches',
    190,
    'field watch, smartwatch, dive watch, dress watch, watch strap',
    'automatic, solar, sapphire, titanium, minimalist',
    'sports tracking, swimming, formal evenings, everyday wear',
  ),
  range(
    'bags',
    88,
    'backpack, messenger bag, tote, suitcase, sling',
    'canvas, recycled, carry-on, padded, roll-top',
    'cabin luggage, laptops, weekend trips, groceries',
  ),
  range(
    'jackets',
    125,
    'rain jacket, down jacket, denim jacket, fleece, parka',
    'hooded, packable, insulated, breathable, oversized',
    'storms, ski days, spring evenings, layering',
  ),
  range(
    'pets',
    32,
    'dog bed, cat tree, chew toy, leash, food bowl',
    'washable, orthopaedic, no-spill, reflective, natural',
    'large dogs, indoor cats, puppies, senior pets',
  ),
  range(
    'audio',
    210,
    'bookshelf speaker, soundbar, turntable, portable speaker, amplifier',
    'multiroom, walnut, splash-proof, active, vintage',
    'living rooms, parties, vinyl collections, film nights',
  ),
]

export const AUDIENCES: readonly string[] = [
  'women',
  'men',
  'kids',
  'travel',
  'outdoor',
  'home',
  'professional',
  'budget',
  'premium',
  'vintage',
  'compact',
  'seasonal',
]

export const MAKERS: readonly string[] = [
  'Alder',
  'Bexley',
  'Corvane',
  'Dunmore',
  'Elvaro',
  'Fennick',
  'Galder',
  'Halvor',
  'Ibarra',
  'Jotun',
  'Kestrel',
  'Lumen',
  'Marrow',
  'Nordvik',
  'Orsino',
  'Pellham',
  'Quarto',
  'Rivane',
  'Sorrel',
  'Tamsin',
  'Ulmar',
  'Verano',
  'Wexford',
  'Yarrow',
  'Zephra',
]

export const COLOURS: readonly string[] = [
  'black',
  'white',
  'navy',
  'olive',
  'sand',
  'crimson',
  'teal',
  'graphite',
  'mustard',
  'plum',
  'sky blue',
  'forest green',
]
