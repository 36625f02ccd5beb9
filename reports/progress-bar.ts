import { formatCount } from './format.ts'

const WIDTH = 30

/** A bar that is drawn over itself on a terminal; elsewhere a line at each tenth. */
export function progressBar(out: {
  readonly isTTY?: boolean
  write(text: string): unknown
}): (done: number, total: number) => void {
  let tenth = 0
  return (done, total) => {
    const counts = `${formatCount(done)} of ${formatCount(total)}`
    if (out.isTTY === true) {
      const full = Math.floor((done / total) * WIDTH)
      const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`
      out.write(`\r${bar} ${counts}${done === total ? '\n' : ''}`)
    } else if (Math.floor((10 * done) / total) > tenth) {
      tenth = Math.floor((10 * done) / total)
      out.write(`${counts}\n`)
    }
  }
}
