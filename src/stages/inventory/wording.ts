import type { News } from './decide.ts'

export interface Wording {
  readonly title: string
  readonly body: string
}

/** The words of a notification. Prices have no currency: the catalogue's is not known. */
export function wordingOf(news: News, name: string): Wording {
  switch (news.kind) {
    case 'PRICE_DROP': {
      const { previousPrice, price } = news
      const percent = Math.round((1 - price / previousPrice) * 100)
      const body = `${name} now costs ${amount(price)} instead of ${amount(previousPrice)}, ${percent} % less.`
      return { title: `Price drop: ${name}`, body }
    }
    case 'BACK_IN_STOCK':
      return { title: `Back in stock: ${name}`, body: `${name} is available again${priceOf(news)}.` }
    case 'LOW_STOCK':
      return {
        title: `Only ${news.stock} left: ${name}`,
        body: `${name} is nearly sold out${priceOf(news)}.`,
      }
  }
}

function priceOf({ price }: { readonly price: number | null }): string {
  return price === null || price === 0 ? '' : `, at ${amount(price)}`
}

function amount(price: number): string {
  return price.toFixed(2)
}
