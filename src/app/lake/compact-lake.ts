import { fileKey, type LakeFile } from '../../domain/lake/lake-layout.ts'
import { asOneFile } from '../../domain/lake/row-groups.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type LakeFolder, lakeFolders } from '../../stages/lake/lake-files.ts'
import { finishMerges, storeMerge } from '../../stages/lake/merges.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'

export interface Compaction {
  readonly filesBefore: number
  readonly filesAfter: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Merges of a run that broke off, and files that were left over. */
  readonly finished: number
}

/**
 * Merges the files that each hour has of a partition into one, also while
 * the stage writes: a roll begins when all files of the one before it are stored, so nothing can come to lie between
 * two files that are there. One at a time; what it leaves when it is ended anywhere is finished by the next one.
 */
export async function compactLake(store: ObjectStore): Promise<Compaction> {
  const tally = { filesBefore: 0, filesAfter: 0, bytesBefore: 0, bytesAfter: 0, finished: 0 }
  tally.finished = await finishMerges(store)
  for await (const folder of lakeFolders(store)) {
    if (folder.merged.length > 0) await store.delete(folder.merged.map(({ key }) => key))
    tally.finished += folder.merged.length
    tally.filesBefore += folder.current.length
    tally.bytesBefore += sum(folder.current)
    const after = await compactFolder(store, folder)
    tally.filesAfter += after.length
    tally.bytesAfter += sum(after)
  }
  return tally
}

async function compactFolder(
  store: ObjectStore,
  { hour, current }: LakeFolder,
): Promise<readonly Pick<LakeFile, 'bytes'>[]> {
  const after: Pick<LakeFile, 'bytes'>[] = []
  for (const files of Map.groupBy(current, ({ partition }) => partition).values()) {
    after.push(...(files.length < 2 ? files : [await mergeFiles(store, hour, files)]))
  }
  return after
}

async function mergeFiles(
  store: ObjectStore,
  hour: string,
  files: readonly LakeFile[],
): Promise<Pick<LakeFile, 'bytes'>> {
  const { partition, from } = files[0]!
  const output = fileKey(hour, { partition, from, to: files.at(-1)!.to })
  let bytes = 0
  async function* rows() {
    for (const file of files) yield* (await openLakeFile(store, file)).all()
  }
  async function* body() {
    for await (const piece of asOneFile(rows())) {
      bytes += piece.length
      yield piece
    }
  }
  await storeMerge(store, { output, inputs: files.map(({ key }) => key) }, body)
  return { bytes }
}

function sum(files: readonly Pick<LakeFile, 'bytes'>[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0)
}
