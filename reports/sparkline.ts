const BLOCKS = '▁▂▃▄▅▆▇█'

/** The last `width` values as bars, 0 to `top` (the largest value unless given). */
export function sparkline(values: readonly number[], width: number, top = 0): string {
  const last = width <= 0 ? [] : values.slice(-width)
  const highest = Math.max(top, ...last, 0)
  return last
    .map((value) => {
      const share = highest === 0 ? 0 : Math.max(0, value) / highest
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))]
    })
    .join('')
}

/** A bar of `width` columns, filled by `share` (0 to 1). */
export function progressBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '━'.repeat(filled) + '─'.repeat(Math.max(0, width - filled))
}
