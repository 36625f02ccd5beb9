import { fileKey, type LakeFile, parseRollKey, ROLLS } from '../../domain/lake/lake-layout.ts'
import { asOneFile } from '../../domain/lake/row-groups.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { isInLake, type LakeFolder, lakeFolders } from '../../stages/lake/lake-files.ts'
import { finishMerges, storeMerge } from '../../stages/lake/merges.ts'
import { openLakeFile } from '../../stages/lake/open-file.ts'
import { readRoll } from '../../stages/lake/rolls.ts'

export interface Compaction {
  readonly filesBefore: number
  readonly filesAfter: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Merges of a run that broke off, and files that were left over. */
  readonly finished: number
}

/**
 * Merges the files that each hour has of a partition into one. Files of a roll that may not be whole yet are left as
 * they are. One at a time; what it leaves when it is ended anywhere is finished by the next one.
 */
export async function compactLake(store: ObjectStore): Promise<Compaction> {
  const tally = { filesBefore: 0, filesAfter: 0, bytesBefore: 0, bytesAfter: 0, finished: 0 }
  tally.finished = await finishMerges(store)
  const wholeBefore = await wholeRolls(store)
  for await (const folder of lakeFolders(store)) {
    if (folder.merged.length > 0) await store.delete(folder.merged.map(({ key }) => key))
    tally.finished += folder.merged.length
    tally.filesBefore += folder.current.length
    tally.bytesBefore += sum(folder.current)
    const after = await compactFolder(store, folder, wholeBefore)
    tally.filesAfter += after.length
    tally.bytesAfter += sum(after)
  }
  return tally
}

async function compactFolder(
  store: ObjectStore,
  { hour, current }: LakeFolder,
  wholeBefore: ReadonlyMap<number, number>,
): Promise<readonly Pick<LakeFile, 'bytes'>[]> {
  const after: Pick<LakeFile, 'bytes'>[] = []
  for (const [partition, files] of Map.groupBy(current, (file) => file.partition)) {
    const whole = files.filter(({ to }) => to <= (wholeBefore.get(partition) ?? 0))
    after.push(...files.filter((file) => !whole.includes(file)))
    after.push(...(whole.length < 2 ? whole : [await mergeFiles(store, hour, whole)]))
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

/** By partition: before which offset every roll has all its files. */
async function wholeRolls(store: ObjectStore): Promise<Map<number, number>> {
  const last = new Map<number, string>()
  for await (const page of store.list(ROLLS)) {
    for (const { key } of page) {
      const place = parseRollKey(key)
      if (place !== null) last.set(place.partition, key)
    }
  }
  const whole = new Map<number, number>()
  for (const [partition, key] of last) {
    const roll = await readRoll(store, key)
    if (roll === null) continue
    let isWhole = true
    for (const hour of Object.keys(roll.files)) isWhole &&= await isInLake(store, hour, roll)
    whole.set(partition, isWhole ? roll.to : roll.from)
  }
  return whole
}

function sum(files: readonly Pick<LakeFile, 'bytes'>[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0)
}
