import { LatencyCounts } from '../../measure/latency-counts.ts'
import { toHistogram } from '../../measure/latency-histogram.ts'
import { percentilesOf } from '../../measure/percentiles.ts'
import type { Percentiles } from '../../measure/run-record.ts'

/** What the embedder behind the service has counted. */
export interface EmbedderFigures {
  readonly cache: {
    readonly texts: number
    readonly l1Hits: number
    readonly l2Hits: number
    readonly misses: number
    readonly l2Failures: number
  }
  readonly queued: number
  readonly running: number
  readonly refused: number
  /** Batches by how many texts they had. */
  readonly batchSizes: ReadonlyMap<number, number>
  readonly threads: number
  readonly rssBytes: number
}

export interface EmbedStats extends Omit<EmbedderFigures, 'batchSizes'> {
  readonly requests: number
  readonly hitRate: number | null
  readonly batches: {
    readonly count: number
    readonly meanTexts: number | null
    readonly bySize: Readonly<Record<string, number>>
  }
  /** From a parsed request head to the sent response, of the embedding endpoints. */
  readonly latency: Percentiles
}

/** Counts the service's answers, and puts them together with the embedder's figures. */
export class EmbedServiceFigures {
  readonly #source: () => EmbedderFigures
  readonly #latency = new LatencyCounts()

  constructor(source: () => EmbedderFigures) {
    this.#source = source
  }

  answered(elapsedMs: number): void {
    this.#latency.record(elapsedMs * 1e3)
  }

  stats(): EmbedStats {
    const { batchSizes, ...figures } = this.#source()
    const { texts, l1Hits, l2Hits } = figures.cache
    const count = [...batchSizes.values()].reduce((sum, batches) => sum + batches, 0)
    const batched = [...batchSizes].reduce((sum, [size, batches]) => sum + size * batches, 0)
    return {
      ...figures,
      requests: this.#latency.total,
      hitRate: texts === 0 ? null : (l1Hits + l2Hits) / texts,
      batches: {
        count,
        meanTexts: count === 0 ? null : batched / count,
        bySize: Object.fromEntries(batchSizes),
      },
      latency: percentilesOf(toHistogram(this.#latency.toSparse())),
    }
  }

  /** In Prometheus' text format. */
  lines(): string[] {
    const { cache, queued, running, refused, batches, threads, rssBytes } = this.stats()
    return [
      '# HELP rep_embed_texts_total Texts by where their vectors came from.',
      '# TYPE rep_embed_texts_total counter',
      `rep_embed_texts_total{from="l1"} ${cache.l1Hits}`,
      `rep_embed_texts_total{from="l2"} ${cache.l2Hits}`,
      `rep_embed_texts_total{from="model"} ${cache.misses}`,
      ...single(
        'counter',
        'rep_embed_l2_failures_total',
        'Failed calls of the shared cache.',
        cache.l2Failures,
      ),
      ...single('counter', 'rep_embed_batches_total', 'Batches that the model computed.', batches.count),
      ...single('gauge', 'rep_embed_queued_texts', 'Texts that wait for the model.', queued),
      ...single('gauge', 'rep_embed_running_batches', 'Batches that are being computed.', running),
      ...single('counter', 'rep_embed_refused_total', 'Calls refused while the queue was full.', refused),
      ...single('gauge', 'rep_embed_threads', 'Threads that hold the model.', threads),
      ...single('gauge', 'rep_embed_resident_bytes', 'Memory of the process, all threads.', rssBytes),
    ]
  }
}

function single(...[type, name, help, value]: [string, string, string, number]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`]
}
