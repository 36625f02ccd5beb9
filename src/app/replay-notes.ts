import { basename } from 'node:path'
import { REPLAY_STOCK } from '../load/replay/replay-catalogue.ts'
import type { ReplayScan } from '../load/replay/scan-replay.ts'
import { ORDER_WINDOW } from '../load/replay/time-order.ts'
import type { ReplayWish } from './replay-wish.ts'

/** What a reader of a replay's figures must know of the file and of what was made up. */
export function replayNotes({ file, speed }: ReplayWish, scan: ReplayScan): readonly string[] {
  const products = scan.products.length
  const notes = [
    `Replayed ${basename(file)} (${scan.format}): ${count(scan.rows, 'row')} by ${count(scan.users, 'user')} on ` +
      `${count(products, 'product')}, ${span(scan)}; ${pace(speed)}. All users are new to the pipeline.`,
  ]
  if (scan.rejected > 0) {
    const [first] = scan.firstRejects
    notes.push(
      `Rows that could not be read and were left out: ${scan.rejected}; see rejects.jsonl ` +
        `(line ${first?.line}: ${first?.reason}).`,
    )
  }
  const invented = [...scan.invented, `a stock of ${REPLAY_STOCK} for each product`]
  if (scan.unnamedProducts > 0) {
    invented.push(
      `names and descriptions of ${count(scan.unnamedProducts, 'product')}, from brand and category`,
    )
  }
  notes.push(`Made up, as the file does not say it: ${invented.join('; ')}.`)
  if (scan.copies > 0) notes.push(`Exact copies of an earlier row: ${scan.copies}; each was sent.`)
  if (scan.unordered > 0 && speed !== null) {
    notes.push(
      `Rows with a time before that of the row above: ${scan.unordered}. Rows were put in order of their times ` +
        `within ${ORDER_WINDOW.toLocaleString('en-US')} rows; ${scan.late} came too late for that and went at once.`,
    )
  }
  return notes
}

function count(amount: number, thing: string): string {
  return `${amount.toLocaleString('en-US')} ${thing}${amount === 1 ? '' : 's'}`
}

function span({ earliestMs, latestMs }: ReplayScan): string {
  return `${new Date(earliestMs).toISOString()} to ${new Date(latestMs).toISOString()}`
}

function pace(speed: number | null): string {
  if (speed === null) return 'sent in file order at a fixed rate, whatever their times'
  return speed === 1 ? 'sent as they happened' : `sent as they happened, ${speed} times faster`
}
