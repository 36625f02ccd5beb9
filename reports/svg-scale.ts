/** Maps a value of the domain to a pixel; values outside the domain are clamped to its ends. */
export type Scale = (value: number) => number

export interface Span {
  readonly from: number
  readonly to: number
}

export function linearScale(domain: Span, range: Span): Scale {
  const width = domain.to - domain.from || 1
  return (value) => {
    const share = Math.min(1, Math.max(0, (value - domain.from) / width))
    return range.from + share * (range.to - range.from)
  }
}

/** Logarithmic scale; the domain must be above 0. */
export function logScale(domain: Span, range: Span): Scale {
  const linear = linearScale({ from: Math.log10(domain.from), to: Math.log10(domain.to) }, range)
  return (value) => linear(Math.log10(Math.max(value, domain.from)))
}

/** A logarithmic domain of half decades (1, 3, 10, ...) that holds all values; at least one decade. */
export function logDomain(values: readonly number[]): Span {
  const seen = values.filter((value) => value > 0 && Number.isFinite(value))
  if (seen.length === 0) return { from: 0.1, to: 1000 }
  const low = halfDecade(
    seen.reduce((a, b) => Math.min(a, b)),
    Math.floor,
  )
  const high = halfDecade(
    seen.reduce((a, b) => Math.max(a, b)),
    Math.ceil,
  )
  return { from: low, to: Math.max(high, low * 10) }
}

function halfDecade(value: number, round: (x: number) => number): number {
  const steps = round(Math.log10(value) * 2 + (round === Math.floor ? 1e-9 : -1e-9))
  return (steps % 2 === 0 ? 1 : 3) * 10 ** Math.floor(steps / 2)
}

/** The powers of ten in a domain; where there is only one, its half decades too. */
export function decadeTicks({ from, to }: Span): number[] {
  const ticks: number[] = []
  for (let power = Math.ceil(Math.log10(from) - 1e-9); 10 ** power <= to * 1.0001; power++)
    ticks.push(10 ** power)
  if (ticks.length > 2) return ticks
  return [...ticks, ...ticks.map((tick) => tick * 3), ...ticks.map((tick) => tick / 3)]
    .map((tick) => Number(tick.toPrecision(1)))
    .filter((tick) => tick >= from * 0.999 && tick <= to * 1.001)
    .sort((a, b) => a - b)
}

/** Round steps (1, 2, 5 times a power of ten) from a domain's start to its end, about `count` of them. */
export function roundTicks({ from, to }: Span, count: number): number[] {
  const raw = (to - from || 1) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!
  const ticks: number[] = []
  for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)))
  return ticks
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** SVG path through the points; a null breaks the line. A lone point becomes a dot (round caps). */
export function pathOf(points: readonly (Point | null)[]): string {
  let path = ''
  let open = false
  for (const point of points) {
    if (point !== null) path += `${open ? 'L' : 'M'}${pixel(point.x)} ${pixel(point.y)}${open ? '' : 'h0'}`
    open = point !== null
  }
  return path
}

/** Closed area between two lines; where either is null it is left out. */
export function areaOf(upper: readonly (Point | null)[], lower: readonly (Point | null)[]): string {
  let path = ''
  let run: [Point, Point][] = []
  const close = () => {
    if (run.length > 1) {
      const back = [...run].reverse()
      path += `M${run.map(([p]) => `${pixel(p.x)} ${pixel(p.y)}`).join('L')}`
      path += `L${back.map(([, p]) => `${pixel(p.x)} ${pixel(p.y)}`).join('L')}Z`
    }
    run = []
  }
  upper.forEach((point, i) => {
    const other = lower[i] ?? null
    if (point !== null && other !== null) run.push([point, other])
    else close()
  })
  close()
  return path
}

/** A coordinate with one decimal: finer than any screen shows. */
export function pixel(value: number): string {
  return String(Math.round(value * 10) / 10)
}
