import type { Scenario } from '../../config/scenario.ts'
import { type LakeValue, traceIdText } from '../../domain/lake/lake-columns.ts'
import { parseFile } from '../../domain/lake/lake-layout.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { LedgerBuffers } from '../../measure/ledger.ts'
import { LedgerWriter } from '../../measure/ledger-writer.ts'
import type { Position } from '../../ports/event-log.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Stack } from '../../ports/stack.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'

/** The ledger's name for what is seen in the lake. */
export const LAKE_EFFECT = 'lake'

export interface LakeBooks {
  readonly stack: Stack
  readonly scenario: Scenario
  readonly ledger: LedgerBuffers
  /** Where every topic stood before the run. */
  readonly from: readonly Position[]
}

/**
 * Reads the lake back, file by file as any reader would, and notes in the ledger how often it has each event of the
 * run; so an event that is missing there is lost, and one that is there twice is duplicated. Call it when the stage
 * has stopped. Returns what the report says of it.
 */
export async function bookLake({ stack, scenario, ledger, from }: LakeBooks): Promise<readonly string[]> {
  const { enabled, where } = scenario.pipeline.lake
  if (!enabled || where === null) return []
  const store = await stack.openObjects(where)
  try {
    const { files, rows, bytes } = await bookFiles(store, { ledger, from })
    const size = `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`
    return [`Lake: ${count(rows, 'row')} in ${count(files, 'file')} of ${size} at ${where}.`]
  } catch (error) {
    if (!(error instanceof RepError)) throw error
    return [`The lake could not be read, so nothing counts as being in it: ${error.message}`]
  } finally {
    await store.close()
  }
}

async function bookFiles(
  store: ObjectStore,
  { ledger, from }: Pick<LakeBooks, 'ledger' | 'from'>,
): Promise<{ files: number; rows: number; bytes: number }> {
  const effects = new LedgerWriter(ledger).effects(LAKE_EFFECT)
  const begins = new Map(
    from.filter(({ topic }) => topic === USER_ACTION).map(({ partition, offset }) => [partition, offset]),
  )
  const seen = { files: 0, rows: 0, bytes: 0 }
  for await (const page of store.list('event_date=')) {
    for (const object of page) {
      const file = parseFile(object.key, object.bytes)
      if (file === null || file.to <= (begins.get(file.partition) ?? 0)) continue
      seen.files++
      seen.bytes += file.bytes
      const reader = await openLakeFile(store, file)
      for await (const batch of reader.columns(['trace_id', 'source_offset'])) {
        const [ids, offsets] = batch as [Uint8Array[], LakeValue[]]
        for (let i = 0; i < ids.length; i++) {
          if (Number(offsets[i]) < (begins.get(file.partition) ?? 0)) continue
          seen.rows++
          effects.applied(traceIdText(ids[i]!))
        }
      }
    }
  }
  return seen
}

function count(amount: number, thing: string): string {
  return `${amount.toLocaleString('en-US')} ${thing}${amount === 1 ? '' : 's'}`
}
