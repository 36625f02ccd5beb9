import type { Scenario } from '../../config/scenario.ts'
import { type LakeValue, traceIdText } from '../../domain/lake/lake-columns.ts'
import type { LakeFile } from '../../domain/lake/lake-layout.ts'
import { USER_ACTION } from '../../domain/topics.ts'
import { RepError } from '../../errors/rep-error.ts'
import type { LedgerBuffers } from '../../measure/ledger.ts'
import { LedgerWriter } from '../../measure/ledger-writer.ts'
import type { Position } from '../../ports/event-log.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Stack } from '../../ports/stack.ts'
import { type LakeFolder, lakeFolders } from '../../stages/lake/lake-files.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'

/** Files may be merged while they are read: then their folder is listed again. */
const TRIES = 5
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
  const note = (id: Uint8Array): void => {
    seen.rows++
    effects.applied(traceIdText(id))
  }
  for await (const folder of lakeFolders(store)) {
    const files = await bookFolder(store, folder, { begins, note })
    seen.files += files.length
    for (const { bytes } of files) seen.bytes += bytes
  }
  return seen
}

interface FolderBooks {
  /** Of each partition the offset of the run's first row. */
  readonly begins: ReadonlyMap<number, number>
  note(id: Uint8Array): void
}

/** Notes the rows of one folder, each once although files are merged meanwhile; returns the files. */
async function bookFolder(
  store: ObjectStore,
  { hour, current }: LakeFolder,
  { begins, note }: FolderBooks,
): Promise<readonly LakeFile[]> {
  let files = current
  // Moved by a new listing only: rows that two files of one listing have are two.
  let since = begins
  for (let attempt = 1; ; attempt++) {
    const noted = new Map(since)
    const wanted = files.filter(({ partition, to }) => to > (begins.get(partition) ?? 0))
    try {
      for (const file of wanted) await bookFile(store, file, { since, noted, note })
      return wanted
    } catch (error) {
      const isGone = error instanceof RepError && error.code === 'REP_NOT_FOUND'
      if (!isGone || attempt === TRIES) throw error
    }
    since = noted
    files = []
    for await (const again of lakeFolders(store, hour)) files = again.current
  }
}

interface FileBooks {
  readonly since: ReadonlyMap<number, number>
  /** Of each partition the offset before which all is noted; moved with the rows, which are in their order. */
  readonly noted: Map<number, number>
  note(id: Uint8Array): void
}

async function bookFile(
  store: ObjectStore,
  file: LakeFile,
  { since, noted, note }: FileBooks,
): Promise<void> {
  const { partition } = file
  const first = since.get(partition) ?? 0
  if (file.to <= first) return
  const reader = await openLakeFile(store, file)
  for await (const batch of reader.columns(['trace_id', 'source_offset'])) {
    const [ids, offsets] = batch as [Uint8Array[], LakeValue[]]
    for (let i = 0; i < ids.length; i++) {
      const offset = Number(offsets[i])
      if (offset < first) continue
      note(ids[i]!)
      noted.set(partition, Math.max(noted.get(partition) ?? 0, offset + 1))
    }
  }
}

function count(amount: number, thing: string): string {
  return `${amount.toLocaleString('en-US')} ${thing}${amount === 1 ? '' : 's'}`
}
