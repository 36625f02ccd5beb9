import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { StageBooks } from '../../measure/conservation.ts'
import type { FinalReading } from '../../measure/final-read.ts'
import type { SparseCounts } from '../../measure/latency-counts.ts'
import type { RecorderSnapshot } from '../../measure/latency-recorder.ts'
import type { ShardFacts } from './shard-facts.ts'

/** What merging needs of a shard beside its ledger and its run record. */
export interface ShardPart {
  readonly format: 'rep.shard/1'
  /** Names the run of all shards. */
  readonly run: string
  readonly index: number
  readonly facts: ShardFacts
  /** The host's boot; empty where it is not known. */
  readonly boot: string
  readonly clockBoundUs: number
  /** Wall-clock time of due time 0, ms: the first shard's. */
  readonly originEpochMs: number
  /** Time of this shard's last acknowledgement since due time 0, µs. */
  readonly lastDoneUs: number
  /** Everything that was timed, exactly. */
  readonly snapshot: RecorderSnapshot
  readonly books: readonly StageBooks[]
  readonly reading: Omit<FinalReading, 'marks'>
  readonly eventLoops: readonly { readonly name: string; readonly p99Ms: number | null }[]
  readonly backlog: ReadonlyMap<number, Readonly<Record<string, number>>>
}

/** What a shard's run directory holds beside the files of any run. */
export interface ShardFiles {
  readonly part: ShardPart
  /** Content of `ledger.bin`. */
  readonly ledger: Buffer
}

/** `shard.json.gz`: the part as JSON, maps as arrays of pairs, typed arrays as arrays. */
export function encodeShardPart(part: ShardPart): Promise<Buffer> {
  return promisify(gzip)(
    JSON.stringify(part, (_key, value: unknown) => {
      if (value instanceof Map) return { map: [...value] }
      if (value === Number.POSITIVE_INFINITY) return { infinity: true }
      return ArrayBuffer.isView(value) ? Array.from(value as Uint16Array) : value
    }),
  )
}

/** Reads what `encodeShardPart` made; throws for anything else. */
export async function decodeShardPart(bytes: Uint8Array): Promise<ShardPart> {
  const text = (await promisify(gunzip)(bytes)).toString()
  const part = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if (Object.hasOwn(value, 'map')) return new Map((value as { map: [unknown, unknown][] }).map)
    if (Object.hasOwn(value, 'infinity')) return Number.POSITIVE_INFINITY
    return Object.hasOwn(value, 'minNonZeroUs') ? sparseCounts(value as JsonCounts) : value
  }) as ShardPart
  if (part.format !== 'rep.shard/1') throw new Error(`its format is ${String(part.format)}`)
  return part
}

type JsonCounts = Omit<SparseCounts, 'indexes' | 'counts'> & {
  readonly indexes: readonly number[]
  readonly counts: readonly number[]
}

function sparseCounts({ indexes, counts, ...rest }: JsonCounts): SparseCounts {
  const large = rest.total > 0xffffffff
  return {
    ...rest,
    indexes: Uint16Array.from(indexes),
    counts: large ? Float64Array.from(counts) : Uint32Array.from(counts),
  }
}
