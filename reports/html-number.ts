import { DASH, formatFigure } from './format.ts'

const FIGURE_SPACE = '\u2007'
const POINT_SPACE = '\u2008'
const DECIMALS = 2

/**
 * A figure with at most two decimals, padded with spaces as wide as digits, so that a right-aligned column
 * lines up at its decimal points.
 */
export function alignedFigure(value: number | null): string {
  const text = value === null ? DASH : Math.abs(value) < 1 ? value.toFixed(DECIMALS) : formatFigure(value)
  const point = text.indexOf('.')
  const decimals = point < 0 ? 0 : text.length - point - 1
  return text + (point < 0 ? POINT_SPACE : '') + FIGURE_SPACE.repeat(Math.max(0, DECIMALS - decimals))
}
