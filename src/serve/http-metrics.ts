/** Upper bounds of the latency histogram, seconds. */
const BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

interface RouteCounts {
  readonly byStatus: Map<number, number>
  /** Requests by bound, the last one for those over all bounds; not cumulative here. */
  readonly buckets: Float64Array
  sumS: number
}

/** Counts of the HTTP API, written in Prometheus' text format (version 0.0.4). */
export class HttpMetrics {
  readonly #routes = new Map<string, RouteCounts>()
  readonly #paths = new Map<string, number>()
  readonly #others: (() => readonly string[])[] = []

  /** One answered request of a route (its pattern, not its URL). */
  request(route: string, status: number, seconds: number): void {
    let counts = this.#routes.get(route)
    if (counts === undefined) {
      counts = { byStatus: new Map(), buckets: new Float64Array(BOUNDS_S.length + 1), sumS: 0 }
      this.#routes.set(route, counts)
    }
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1)
    let bucket = 0
    while (bucket < BOUNDS_S.length && seconds > BOUNDS_S[bucket]!) bucket++
    counts.buckets[bucket]!++
    counts.sumS += seconds
  }

  /** One recommendation, by the path that it took. */
  recommended(path: string): void {
    this.#paths.set(path, (this.#paths.get(path) ?? 0) + 1)
  }

  /** Lines of others, asked for at every scrape. */
  add(lines: () => readonly string[]): void {
    this.#others.push(lines)
  }

  text(): string {
    const lines = [
      '# HELP rep_http_requests_total Answered HTTP requests.',
      '# TYPE rep_http_requests_total counter',
    ]
    for (const [route, { byStatus }] of this.#routes) {
      for (const [status, count] of byStatus) {
        lines.push(`rep_http_requests_total{route="${escapeLabel(route)}",status="${status}"} ${count}`)
      }
    }
    lines.push(
      '# HELP rep_http_request_duration_seconds Time from a parsed request head to the sent response.',
      '# TYPE rep_http_request_duration_seconds histogram',
    )
    for (const [route, counts] of this.#routes) lines.push(...histogramLines(escapeLabel(route), counts))
    lines.push(
      '# HELP rep_recommendations_total Recommendations by the path that they took.',
      '# TYPE rep_recommendations_total counter',
    )
    for (const [path, count] of this.#paths) {
      lines.push(`rep_recommendations_total{path="${escapeLabel(path)}"} ${count}`)
    }
    for (const other of this.#others) lines.push(...other())
    return `${lines.join('\n')}\n`
  }
}

function histogramLines(route: string, { buckets, sumS }: RouteCounts): string[] {
  const name = 'rep_http_request_duration_seconds'
  let total = 0
  const lines: string[] = []
  for (let i = 0; i < buckets.length; i++) {
    total += buckets[i]!
    const bound = i < BOUNDS_S.length ? String(BOUNDS_S[i]) : '+Inf'
    lines.push(`${name}_bucket{route="${route}",le="${bound}"} ${total}`)
  }
  lines.push(`${name}_sum{route="${route}"} ${sumS}`, `${name}_count{route="${route}"} ${total}`)
  return lines
}

export function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
