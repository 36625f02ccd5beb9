/** The best `k` rows by score, best first; equal scores in the order of their rows. */
export class TopRows {
  readonly #k: number
  readonly rows: number[] = []
  readonly scores: number[] = []

  constructor(k: number) {
    this.#k = k
  }

  offer(row: number, score: number): void {
    const { rows, scores } = this
    let at = rows.length
    if (at === this.#k && (at === 0 || !isBefore(score, row, scores[at - 1]!, rows[at - 1]!))) return
    if (at === this.#k) at--
    // Shifts what comes after the newcomer by one place.
    for (; at > 0 && isBefore(score, row, scores[at - 1]!, rows[at - 1]!); at--) {
      rows[at] = rows[at - 1]!
      scores[at] = scores[at - 1]!
    }
    rows[at] = row
    scores[at] = score
  }
}

function isBefore(score: number, row: number, otherScore: number, otherRow: number): boolean {
  return score > otherScore || (score === otherScore && row < otherRow)
}
