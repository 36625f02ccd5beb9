import type { InventoryChange, NotificationKind } from '../../domain/events.ts'

/** Price and stock of a product as far as they are known. */
export interface ProductState {
  readonly price: number | null
  readonly stock: number | null
}

export interface DecisionRules {
  readonly priceDropPercent: number
  readonly lowStock: number
}

/** What users are told about a change. */
export type News =
  | { readonly kind: 'PRICE_DROP'; readonly previousPrice: number; readonly price: number }
  | {
      readonly kind: Exclude<NotificationKind, 'PRICE_DROP' | 'CART_REMINDER'>
      readonly stock: number
      readonly price: number | null
    }

// 0.3 to 0.27 is a drop by 10 %, also in binary fractions.
const ROUNDING = 1e-9

/** Why a change cannot be applied, in plain words; null where it can. */
export function faultOf({ kind, price, stock }: InventoryChange): string | null {
  if (kind === 'PRICE')
    return isAmount(price) ? null : `a PRICE change needs a price of 0 or more, not ${price}`
  return isAmount(stock) ? null : `a STOCK change needs a stock of 0 or more, not ${stock}`
}

/**
 * What a change is worth telling, or null: a price lower by at least the threshold; stock where there was none;
 * stock at or below the limit where there was more. Sold out is no low stock. The previous value is the
 * change's own, else (first schema version) the one known; without either nothing is told.
 */
export function decide(change: InventoryChange, known: ProductState, rules: DecisionRules): News | null {
  return change.kind === 'PRICE' ? decidePrice(change, known, rules) : decideStock(change, known, rules)
}

function decidePrice(change: InventoryChange, known: ProductState, rules: DecisionRules): News | null {
  const price = change.price ?? null
  const previousPrice = change.previousPrice ?? known.price
  if (price === null || previousPrice === null || !(price < previousPrice)) return null
  const highest = previousPrice * (1 - rules.priceDropPercent / 100)
  return price <= highest + previousPrice * ROUNDING ? { kind: 'PRICE_DROP', previousPrice, price } : null
}

function decideStock(
  change: InventoryChange,
  { price, stock: before }: ProductState,
  rules: DecisionRules,
): News | null {
  const stock = change.stock ?? null
  const previousStock = change.previousStock ?? before
  if (stock === null || previousStock === null || stock <= 0) return null
  if (previousStock <= 0) return { kind: 'BACK_IN_STOCK', stock, price }
  if (previousStock > rules.lowStock && stock <= rules.lowStock) return { kind: 'LOW_STOCK', stock, price }
  return null
}

function isAmount(value: number | null | undefined): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
