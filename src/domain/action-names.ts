import type { ActionType } from './events.ts'

/** What clickstreams call each action; compared without case, blanks and dashes as underscores. */
export const ACTION_NAMES: Readonly<Record<ActionType, readonly string[]>> = {
  VIEW: ['view', 'views', 'viewed', 'view_item', 'product_view', 'detail', 'pv'],
  CLICK: ['click', 'clicks', 'clicked', 'clk'],
  SEARCH: ['search', 'searched', 'query'],
  IMPRESSION: ['impression', 'impressions', 'imp', 'shown'],
  ADD_TO_CART: ['cart', 'add_to_cart', 'addtocart', 'add', 'basket'],
  REMOVE_FROM_CART: ['remove_from_cart', 'removefromcart', 'remove'],
  PURCHASE: ['purchase', 'purchased', 'transaction', 'buy', 'order'],
  LIKE: ['like', 'liked', 'fav', 'favorite', 'favourite', 'add_to_wishlist', 'wishlist'],
  UNLIKE: ['unlike', 'unliked', 'dislike', 'remove_from_wishlist'],
  PAGE_VIEW: ['page_view', 'pageview', 'visit'],
}

const BY_NAME = new Map(
  Object.entries(ACTION_NAMES).flatMap(([type, names]) => names.map((name) => [name, type as ActionType])),
)
/** Names as a file spells them; a file has few. */
const SPELT = new Map<string, ActionType | null>()
const MOST_SPELLINGS = 1000

/** The action type of a name; null for a name that nobody uses. */
export function actionTypeOf(name: string): ActionType | null {
  const known = SPELT.get(name)
  if (known !== undefined) return known
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  const type = BY_NAME.get(plain) ?? null
  if (SPELT.size < MOST_SPELLINGS) SPELT.set(name, type)
  return type
}
