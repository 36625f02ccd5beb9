import { type Markup, markup } from './markup.ts'
import { pixel, type Scale, type Span } from './svg-scale.ts'

/** A plot's place in its drawing, in pixels of the view box. */
export interface Plot {
  readonly width: number
  readonly height: number
  /** Left and right edge of the plotting area. */
  readonly x: Span
  /** Bottom (`from`) and top (`to`) edge of the plotting area. */
  readonly y: Span
}

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Frame {
  readonly plot: Plot
  readonly xScale: Scale
  readonly yScale: Scale
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
  /** Name and description for readers who cannot see the drawing. */
  readonly title: string
  readonly description: string
  /** Charts of one group show their read-out at the same place. */
  readonly group: string
  readonly className: string
  /** Seconds below 0 are shaded as warm-up; null where the axis is no time. */
  readonly warmupEnd: number | null
}

export function plotOf(width: number, height: number, left = 44): Plot {
  return { width, height, x: { from: left, to: width - 10 }, y: { from: height - 24, to: 10 } }
}

/** A chart: grid, axis labels, what `body` draws, and the rule that follows the pointer. */
export function drawFrame(frame: Frame, body: Markup | readonly Markup[]): Markup {
  const { plot } = frame
  return markup`<svg class="chart ${frame.className}" viewBox="0 0 ${plot.width} ${plot.height}" role="img" tabindex="0" aria-label="${frame.title}. ${frame.description}" data-group="${frame.group}" data-x0="${plot.x.from}" data-x1="${plot.x.to}" data-w="${plot.width}">
${warmupShade(frame)}${frame.yTicks.map((tick) => yTick(frame, tick))}${withRoom(frame).map((tick) => xTick(frame, tick))}
${body}
<line class="rule" x1="0" x2="0" y1="${plot.y.to}" y2="${plot.y.from}"/></svg>`
}

/** The ticks whose labels do not run into the one before them. */
function withRoom({ xTicks, xScale }: Frame): Tick[] {
  let end = Number.NEGATIVE_INFINITY
  return xTicks.filter(({ at, label }) => {
    const half = label.length * HALF_CHARACTER
    if (xScale(at) - half < end) return false
    end = xScale(at) + half + HALF_CHARACTER * 2
    return true
  })
}

/** Half the width of a character of an axis label, pixels. */
const HALF_CHARACTER = 3.4

function yTick({ plot, yScale }: Frame, { at, label }: Tick): Markup {
  const y = pixel(yScale(at))
  return markup`<line class="grid" x1="${plot.x.from}" x2="${plot.x.to}" y1="${y}" y2="${y}"/><text class="tick" x="${plot.x.from - 8}" y="${y}" dy="0.32em" text-anchor="end">${label}</text>`
}

function xTick({ plot, xScale }: Frame, { at, label }: Tick): Markup {
  const x = pixel(xScale(at))
  return markup`<line class="mark" x1="${x}" x2="${x}" y1="${plot.y.from}" y2="${plot.y.from + 4}"/><text class="tick" x="${x}" y="${plot.y.from + 17}" text-anchor="middle">${label}</text>`
}

function warmupShade({ plot, xScale, warmupEnd }: Frame): Markup {
  if (warmupEnd === null) return markup``
  const edge = xScale(warmupEnd)
  const width = edge - plot.x.from
  if (width < 2) return markup``
  const label =
    width < 58
      ? markup``
      : markup`<text class="tick" x="${pixel(plot.x.from + 6)}" y="${plot.y.from - 8}">warm-up</text>`
  return markup`<rect class="warmup" x="${plot.x.from}" y="${plot.y.to}" width="${pixel(width)}" height="${plot.y.from - plot.y.to}"/>${label}`
}
