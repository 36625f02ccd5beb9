import { mix32 } from '../kernel/random.ts'
import { QUERIES_PER_PRODUCT } from './action-fragments.ts'
import type { ProductPicker } from './product-picker.ts'
import { campaignOf, momentOf, placeOf } from './session-context.ts'
import { nextStep, STEP } from './session-steps.ts'
import {
  NO_PROPERTIES,
  PAGE,
  POSITIONS,
  positionProperties,
  QUANTITIES,
  quantityProperties,
  type ShopPages,
} from './shop-pages.ts'
import { timeZoneOf, userKey } from './user-picker.ts'

/** A visitor who is back after so long begins a new session. */
const IDLE_MS = 30 * 60_000
/** Share (of 256) of listed products that are of the category that the visitor came for. */
const FOCUSED = 218
const GOLDEN = 0x9e3779b9
const NONE = -1

/**
 * The sessions of all users. A user's steps follow from the seed, the user and the times of the user's own
 * earlier actions alone, so a shard needs no other shard's users. `take` leaves what the action consists of
 * in the fields, as numbers of fragments, for the encoder to copy.
 */
export class SessionModel {
  step = 0
  /** Number of the user's session, from 0. */
  session = 0
  /** Numbers of product, query, page and property map; a product or query that is absent is the last. */
  product = 0
  query = 0
  page = 0
  /** -1 for none. */
  referrer = NONE
  properties = 0
  place = 0
  moment = 0
  campaign = 0

  readonly #pages: ShopPages
  readonly #picker: ProductPicker
  readonly #seed: number
  readonly #noProduct: number
  readonly #noQuery: number
  readonly #steps: Uint8Array
  readonly #sessions: Uint32Array
  readonly #draws: Uint32Array
  readonly #products: Int32Array
  readonly #focuses: Int32Array
  readonly #lastPages: Int32Array
  readonly #lastMs: Float64Array
  readonly #places: Uint8Array
  readonly #moments: Uint8Array
  readonly #campaigns: Uint8Array
  /** The current user's: key, and number of draws so far. */
  #key = 0
  #drawn = 0

  constructor(users: number, seed: number, catalogue: { pages: ShopPages; picker: ProductPicker }) {
    this.#pages = catalogue.pages
    this.#picker = catalogue.picker
    this.#seed = seed
    this.#noProduct = catalogue.picker.categoryOf.length
    this.#noQuery = this.#noProduct * QUERIES_PER_PRODUCT
    this.#steps = new Uint8Array(users).fill(STEP.leave)
    this.#sessions = new Uint32Array(users)
    this.#draws = new Uint32Array(users)
    this.#products = new Int32Array(users)
    this.#focuses = new Int32Array(users)
    this.#lastPages = new Int32Array(users)
    this.#lastMs = new Float64Array(users)
    this.#places = new Uint8Array(users)
    this.#moments = new Uint8Array(users)
    this.#campaigns = new Uint8Array(users)
  }

  /** The user's next action, at this event time. */
  take(user: number, timestampMs: number): void {
    this.#key = userKey(this.#seed, user)
    this.#drawn = this.#draws[user]!
    let step = this.#steps[user]!
    if (step !== STEP.leave) {
      const away = timestampMs - this.#lastMs[user]! > IDLE_MS
      step = away ? STEP.leave : nextStep(step, this.#draw())
    }
    if (step === STEP.leave) step = this.#land(user, timestampMs)
    this.step = step
    this.#steps[user] = step
    this.#lastMs[user] = timestampMs
    this.session = this.#sessions[user]! - 1
    this.place = this.#places[user]!
    this.moment = this.#moments[user]!
    this.campaign = this.#campaigns[user]!
    this.referrer = step === STEP.land ? this.#source() : this.#lastPages[user]!
    this.#act(user, step)
    this.#lastPages[user] = this.page
    this.#draws[user] = this.#drawn
  }

  #land(user: number, timestampMs: number): number {
    const key = this.#key
    this.#sessions[user]!++
    this.#places[user] = placeOf(this.#draw())
    this.#moments[user] = momentOf(timestampMs, timeZoneOf(key), key, this.#draw())
    this.#campaigns[user] = campaignOf(this.#draw())
    this.#focuses[user] = this.#picker.favourite(key, this.#draw())
    this.#products[user] = NONE
    return STEP.land
  }

  /** Chooses what the step is about: product, query, page, properties. */
  #act(user: number, step: number): void {
    this.query = this.#noQuery
    this.properties = NO_PROPERTIES
    switch (step) {
      case STEP.land:
        this.product = this.#noProduct
        this.page = PAGE.home
        return
      case STEP.search:
        this.#search(user)
        return
      case STEP.browse:
        this.product = this.#pick(user)
        this.page = this.#pages.category(this.#picker.categoryOf[this.product]!)
        this.properties = positionProperties(1 + (this.#draw() % POSITIONS))
        return
      case STEP.compare:
        this.product = this.#pickLike(this.#products[user]!)
        this.#products[user] = this.product
        this.page = PAGE.compare
        return
      default:
        this.#handle(user, step)
    }
  }

  /** Steps about the product in hand; a visitor who landed on a product's page has none yet. */
  #handle(user: number, step: number): void {
    this.product = this.#products[user] === NONE ? this.#pick(user) : this.#products[user]!
    const cart = step === STEP.cart || step === STEP.uncart
    this.page = cart ? PAGE.cart : step === STEP.buy ? PAGE.checkout : this.#pages.product(this.product)
    if (cart || step === STEP.buy) this.properties = quantityProperties(1 + (this.#draw() % QUANTITIES))
  }

  #search(user: number): void {
    const wanted = this.#pick(user)
    this.product = this.#noProduct
    this.query = wanted * QUERIES_PER_PRODUCT + (this.#draw() % QUERIES_PER_PRODUCT)
    this.page = PAGE.search
    this.#focuses[user] = this.#picker.categoryOf[wanted]!
  }

  /** A product that the visitor comes across, mostly of the category in mind; it is in hand then. */
  #pick(user: number): number {
    const draw = this.#draw()
    let product = 0
    if (!this.#picker.isHot(this.#draw())) {
      product =
        (draw & 255) < FOCUSED
          ? this.#picker.within(this.#focuses[user]!, this.#draw(), this.#draw())
          : this.#picker.any(this.#draw(), this.#draw())
    }
    this.#products[user] = product
    return product
  }

  /** Another product of the same category (or the same again, in a category of one). */
  #pickLike(product: number): number {
    const category = this.#picker.categoryOf[product]!
    const other = this.#picker.within(category, this.#draw(), this.#draw())
    return other === product ? this.#picker.within(category, this.#draw(), this.#draw()) : other
  }

  #source(): number {
    return this.campaign === 0 ? NONE : this.#pages.source(this.campaign)
  }

  #draw(): number {
    this.#drawn++
    return mix32(this.#key + Math.imul(this.#drawn, GOLDEN))
  }
}
